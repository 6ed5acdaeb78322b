"""What vLLM keeps compiled models by. Runs in the process of the engines."""

from pathlib import Path
from typing import Any

from gateway.vllm.steering.config import CONFIG_KEY


def compile_keys(folder: Path) -> dict[str, str]:
    """The hash of the configuration, which is in the key of both of vLLM's caches of compiled models.

    Of an engine that steers; of one that was asked to in the same words while the plugin was not there; and of one
    that was asked for nothing.
    """
    from vllm.engine.arg_utils import EngineArgs

    def config(**asked: Any) -> Any:
        arguments = EngineArgs(str(folder), skip_tokenizer_init=True, dtype="float32", **asked)
        return arguments.create_engine_config()

    steered = config(additional_config={CONFIG_KEY: {}})
    without_plugin = config()
    without_plugin.additional_config = {CONFIG_KEY: {}}
    return {
        "steered": steered.compute_hash(),
        "asked without the plugin": without_plugin.compute_hash(),
        "plain": config().compute_hash(),
        "plain again": config().compute_hash(),
    }
