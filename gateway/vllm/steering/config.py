"""What an engine's configuration says of steering, and what steering cannot be combined with.

Steering is asked for with vLLM's ``--additional-config '{"dragoman_steering": {}}'``.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.engine_settings import STEERING_CONFIG
from routing.errors import ConfigError

if TYPE_CHECKING:
    from vllm.config import VllmConfig

CONFIG_KEY = STEERING_CONFIG
HOOK_VERSION = 1
"""Raised with every change of what the hook compiles to. Part of the key of vLLM's compile cache."""


class HookVersion(int):
    """The version of the hooks, which are in place wherever vLLM sends a configuration that holds it.

    vLLM loads plugins in each process, but in the core's only once the core is half made, and only those that the
    environment of that process names. Unpickling this puts the hooks in place first, or fails.
    """

    def __reduce__(self) -> tuple[Callable[[int], "HookVersion"], tuple[int]]:
        return _with_hooks, (int(self),)


def _with_hooks(version: int) -> HookVersion:
    from gateway.vllm.plugin import register

    register()
    return HookVersion(version)


class SteeringConfig(BaseModel):
    """An engine's steering.

    profiles: a folder; its ``*.safetensors`` are loaded when the engine starts. The same on every machine.
    max_profiles: how many can be loaded at once; memory is max_profiles · layers · experts · 4 bytes a worker.
    hook_version: set by the plugin, never by hand: a model that was compiled and cached while the plugin was
        not there must not be taken from the cache now.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    profiles: Path | None = None
    max_profiles: int = Field(default=64, ge=1, le=4096)
    hook_version: int | None = None


def steering_config(vllm_config: "VllmConfig") -> SteeringConfig | None:
    """The engine's steering; None where it asks for none. Raises `ConfigError` where it is malformed."""
    additional = vllm_config.additional_config
    if not isinstance(additional, dict) or CONFIG_KEY not in additional:
        return None
    try:
        return SteeringConfig.model_validate(additional[CONFIG_KEY])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join((CONFIG_KEY, *map(str, first["loc"])))
        raise ConfigError(f"additional_config: {where}: {first['msg']}") from None


def mark_hooked(vllm_config: "VllmConfig") -> None:
    """Writes the hook's version into the configuration, whose hash keys vLLM's compile cache."""
    additional: Any = vllm_config.additional_config
    marked = {**additional[CONFIG_KEY], "hook_version": HookVersion(HOOK_VERSION)}
    vllm_config.additional_config = {**additional, CONFIG_KEY: marked}


def check_supported(vllm_config: "VllmConfig") -> None:
    """Raises `ConfigError` for what steering was never shown to work with: such an engine does not start."""
    clashes = [what for what, is_used in _clashes(vllm_config).items() if is_used]
    if clashes:
        raise ConfigError(f"router steering does not work with {' or '.join(clashes)}; leave one of them out")


def _clashes(vllm_config: "VllmConfig") -> dict[str, bool]:
    parallel = vllm_config.parallel_config
    return {
        # Rows of one forward pass that are not the batch's tokens in order.
        "microbatches (--enable-dbo)": parallel.use_ubatching,
        "prefill context parallelism": parallel.prefill_context_parallel_size > 1,
        "sequence-parallel experts": parallel.use_sequence_parallel_moe,
        "fast prefill (--kv-sharing-fast-prefill)": vllm_config.cache_config.kv_sharing_fast_prefill,
        # A connector may keep blocks by their tokens alone, as vLLM's example does, and steered ones are others.
        "KV transfer or offloading": vllm_config.kv_transfer_config is not None,
        # Not tested yet.
        "data parallelism": parallel.data_parallel_size > 1,
        "pipeline parallelism": parallel.pipeline_parallel_size > 1,
        "expert parallelism (--enable-expert-parallel)": parallel.enable_expert_parallel,
        "expert load balancing (--enable-eplb)": parallel.enable_eplb,
        "speculative decoding": vllm_config.speculative_config is not None,
        # Each would have a list of profiles of its own.
        "several API servers (--api-server-count)": parallel._api_process_count > 1,
        # The router's logits would be thrown away.
        "VLLM_MOE_ROUTING_SIMULATION_STRATEGY": bool(os.environ.get("VLLM_MOE_ROUTING_SIMULATION_STRATEGY")),
    }


def checked_configuration(original: Callable[..., None], refusal: str | None) -> Callable[..., None]:
    """``VllmConfig.__post_init__`` that refuses what cannot be steered, where steering is asked for.

    refusal: why this vLLM cannot be steered at all; None where it can.
    """

    def __post_init__(self: Any) -> None:  # noqa: N807
        original(self)
        if steering_config(self) is not None:
            if refusal is not None:
                raise ConfigError(refusal)
            check_supported(self)
            mark_hooked(self)

    return __post_init__
