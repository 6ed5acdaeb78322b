"""What an engine's configuration says of our sampler and of temperatures for each answer, and what does not go with it.

Both are asked for with vLLM's ``--additional-config '{"dragoman_sampler": true, "dragoman_hedging": true}'``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.vllm.steering.config import HOOK_VERSION, HookVersion
from routing.engine_settings import HEDGING_CONFIG
from routing.errors import ConfigError

if TYPE_CHECKING:
    from vllm.config import VllmConfig

CONFIG_KEY = "dragoman_sampler"


def wants_sampler(vllm_config: "VllmConfig") -> bool:
    """Whether the engine is to use our sampler. Raises `ConfigError` where that is neither true nor false."""
    return _is_wished(vllm_config, CONFIG_KEY)


def wants_hedging(vllm_config: "VllmConfig") -> bool:
    """Whether requests may give each answer a temperature of its own. Raises as `wants_sampler`."""
    return _is_wished(vllm_config, HEDGING_CONFIG)


def check_sampler_supported(vllm_config: "VllmConfig") -> None:
    """Raises `ConfigError` for what our sampler does not do yet: such an engine does not start."""
    device = vllm_config.device_config.device_type
    if device != "cpu":
        raise ConfigError(f"{CONFIG_KEY} is for engines on the CPU, not on {device}")
    if vllm_config.speculative_config is not None:
        raise ConfigError(f"{CONFIG_KEY} does not work with speculative decoding; leave one of them out")


def with_sampling_checked(original: Callable[..., None], refusal: str | None) -> Callable[..., None]:
    """``VllmConfig.__post_init__`` that refuses what we cannot do, where it is asked for.

    refusal: why there are no hooks in this vLLM at all; None where there are.
    """

    def __post_init__(self: Any) -> None:  # noqa: N807
        original(self)
        wished = [key for key in (CONFIG_KEY, HEDGING_CONFIG) if _is_wished(self, key)]
        if wished and refusal is not None:
            raise ConfigError(refusal)
        if CONFIG_KEY in wished:
            check_sampler_supported(self)
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
