"""What an engine's front end can ask its workers about masks."""

from collections.abc import Iterable
from typing import Any

from gateway.vllm.language_mask import LanguageMask


class MaskWorker:
    """vLLM adds it to its workers with ``--worker-extension-cls gateway.vllm.mask_worker.MaskWorker``."""

    model_runner: Any

    def dragoman_mask_gate_acted(self) -> int:
        """For how many tokens the gate has acted on this worker. Waits for the device."""
        masks = (one for one in _processors(self.model_runner) if isinstance(one, LanguageMask))
        return sum(mask.gate_acted for mask in masks)


def _processors(runner: Any) -> Iterable[Any]:
    """The logits processors of either of vLLM's model runners; none on a worker that draws no tokens."""
    if hasattr(runner, "input_batch"):
        processors: Iterable[Any] = runner.input_batch.logitsprocs.all
        return processors
    return () if runner.sampler is None else runner.sampler.logits_processors
