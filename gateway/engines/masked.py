"""How a language mask travels to an engine: in vLLM's own extra arguments, to those engines that say they can."""

from routing.engine_settings import EngineSettings
from routing.generation import Generation
from routing.mask_request import mask_arguments


def masked(generation: Generation, settings: EngineSettings) -> Generation:
    """The generation as this engine is asked for it; without its mask where the engine knows none."""
    mask = generation.mask
    if mask is None or not settings.masks:
        return generation
    others = generation.body.get("vllm_xargs") or {}
    return generation.with_body(vllm_xargs={**others, **mask_arguments(mask)})
