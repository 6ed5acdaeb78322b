"""Which engines a request that is to be steered may go to: others would answer it unsteered, and say nothing."""

from routing.engine_settings import EngineSettings
from routing.errors import InvalidRequest
from routing.generation import Generation
from routing.steering.request import PROFILE_ARGUMENT


def may_serve(settings: EngineSettings, generation: Generation) -> bool:
    """Whether the engine does all that the generation asks of its router."""
    return settings.steers or PROFILE_ARGUMENT not in (generation.body.get("vllm_xargs") or ())


def check_serves(name: str, settings: EngineSettings, generation: Generation) -> None:
    """Raises `InvalidRequest` where the engine does not."""
    if not may_serve(settings, generation):
        raise InvalidRequest(f"The engine `{name}` does not steer.", param="vllm_xargs")
