"""Starting vLLM in this process, and ending it."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from routing.errors import ConfigError

if TYPE_CHECKING:
    from vllm import LLM


def start_llm(model: str, arguments: Mapping[str, Any]) -> "LLM":
    """Takes as long as the model needs to load. Raises `ConfigError` where vLLM refuses."""
    _set_environment()
    from vllm import LLM

    try:
        return LLM(model, **arguments)
    except (ValueError, TypeError, OSError) as error:
        raise ConfigError(f"vLLM does not start with {model}: {_reason(error)}") from error


def end_llm(llm: "LLM") -> None:
    """Ends the engine and gives its memory back."""
    from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

    llm.llm_engine.engine_core.shutdown()
    cleanup_dist_env_and_memory()


def _set_environment() -> None:
    """What vLLM reads when it is imported; the caller's own words win."""
    # The engine in this process: one less to start and to end.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    # Standard output is for results.
    os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")


def _reason(error: Exception) -> str:
    return error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
