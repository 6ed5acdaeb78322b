"""What an engine's configuration says of our sampler and of temperatures for each answer, and what does not go with it.

Both are asked for with vLLM's ``--additional-config '{"dragoman_sampler": true, "dragoman_hedging": true}'``; for the
engines that Dragoman starts, `gateway.ray_serve.default_sampling` does so.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.vllm.steering.config import HOOK_VERSION, HookVersion
from routing.engine_settings import HEDGING_CONFIG, SAMPLER_CONFIG
from routing.errors import ConfigError

if TYPE_CHECKING:
    from vllm.config import VllmConfig

_DEVICES = ("cpu", "cuda")

_log = logging.getLogger(__name__)


def wants_sampler(vllm_config: "VllmConfig") -> bool:
    """Whether the engine is to use our sampler, and can: not where it draws no tokens at all.

    Raises `ConfigError` where the wish is neither true nor false.
    """
    is_wished = _is_wished(vllm_config, SAMPLER_CONFIG)
    return (
        is_wished and vllm_config.model_config.runner_type == "generate" and why_not_ours(vllm_config) is None
    )


def wants_hedging(vllm_config: "VllmConfig") -> bool:
    """Whether requests may give each answer a temperature of its own. Raises as `wants_sampler`."""
    return _is_wished(vllm_config, HEDGING_CONFIG)


def why_not_ours(vllm_config: "VllmConfig") -> str | None:
    """What leaves every draw of an engine to vLLM; None for most. Such an engine starts, and answers as without us."""
    if vllm_config.speculative_config is not None:
        return "speculative decoding"  # tokens are accepted or not by vLLM's own noise
    if vllm_config.watermark_config is not None:
        return "watermarking"
    if vllm_config.model_config is not None and vllm_config.model_config.return_sampling_mask:
        return "return_sampling_mask"  # of vLLM's own filters
    return None


def check_sampler_supported(vllm_config: "VllmConfig") -> None:
    """Raises `ConfigError` on a device that our sampler does not know: such an engine does not start."""
    device = vllm_config.device_config.device_type
    if device not in _DEVICES:
        raise ConfigError(f"{SAMPLER_CONFIG} is for engines on {' and '.join(_DEVICES)}, not on {device}")


def with_sampling_checked(original: Callable[..., None], refusal: str | None) -> Callable[..., None]:
    """``VllmConfig.__post_init__`` that refuses what we cannot do, where it is asked for.

    refusal: why there are no hooks in this vLLM at all; None where there are.
    """

    def __post_init__(self: Any) -> None:  # noqa: N807
        original(self)
        wished = [key for key in (SAMPLER_CONFIG, HEDGING_CONFIG) if _is_wished(self, key)]
        if wished and refusal is not None:
            raise ConfigError(refusal)
        if SAMPLER_CONFIG in wished:
            check_sampler_supported(self)
            if reason := why_not_ours(self):
                _log.warning(
                    "%s: vLLM draws every token of this engine, because of %s", SAMPLER_CONFIG, reason
                )
        for key in wished:
            # Puts the hooks in place wherever the configuration is unpickled; equal to True.
            self.additional_config = {**self.additional_config, key: HookVersion(HOOK_VERSION)}

    return __post_init__


def _is_wished(vllm_config: "VllmConfig", key: str) -> bool:
    additional = vllm_config.additional_config
    wish = additional.get(key, False) if isinstance(additional, dict) else False
    if wish not in (True, False):
        raise ConfigError(f"additional_config: {key}: must be true or false")
    return bool(wish)
