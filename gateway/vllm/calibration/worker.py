"""What calibration adds to vLLM's worker, through vLLM's own ``worker_extension_cls``."""

from dataclasses import asdict
from typing import Any

from gateway.vllm.calibration.recording import ReadSequence, Recording
from gateway.vllm.steering.binding import describe, find_routers

START = "dragoman_start_recording"
TAKE = "dragoman_take_recording"


class RecordingWorker:
    """Mixed into vLLM's worker class."""

    # Of the worker.
    model_runner: Any
    vllm_config: Any

    def dragoman_start_recording(self) -> dict[str, Any]:
        """Begins to record; the fields of `RoutedModel`. Raises `ConfigError` for a model that cannot be steered."""
        model = self.model_runner.model
        routers = find_routers(model)
        described = describe(routers, self.vllm_config.model_config)
        self._dragoman_recording = Recording(routers, described.experts)
        self._dragoman_recording.attach(model)
        return asdict(described)

    def dragoman_take_recording(self) -> list[ReadSequence]:
        """What was read since the last call. Ranks hold the same."""
        return self._dragoman_recording.take()
