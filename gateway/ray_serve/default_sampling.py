"""How a local engine draws tokens unless its policy says otherwise: our sampler on the CPU, hedges everywhere."""

from typing import Any

from routing.engine_settings import HEDGING_CONFIG, SAMPLER_CONFIG, LocalEngineSettings

_DRAWN_BY_VLLM = ("speculative_config", "watermark_config", "return_sampling_mask")
"""Arguments with which vLLM must draw every token; asked for there, our sampler would be refused with a warning."""


def sampling_config(settings: LocalEngineSettings, *, has_gpu: bool) -> dict[str, Any]:
    """vLLM's ``additional_config`` for a local engine: the policy's own, which wins, over the defaults.

    has_gpu: whether it runs on GPUs, where nobody has measured our sampler yet.
    """
    draws = not has_gpu and not any(settings.vllm.get(name) for name in _DRAWN_BY_VLLM)
    return {SAMPLER_CONFIG: draws, HEDGING_CONFIG: settings.hedges, **settings.additional_config}
