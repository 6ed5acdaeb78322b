"""Which engines a request may go to that asks for what only some do: others would leave it out, and say nothing."""

from gateway.engines.steered import asks_for_steering
from routing.engine_settings import EngineSettings
from routing.errors import InvalidRequest
from routing.generation import Generation
from routing.hedge_request import asks_for_hedges


def may_serve(settings: EngineSettings, generation: Generation) -> bool:
    """Whether the engine does all that the generation asks of it."""
    return _lacks(settings, generation) is None


def check_serves(name: str, settings: EngineSettings, generation: Generation) -> None:
    """Raises `InvalidRequest` where the engine does not."""
    if lacks := _lacks(settings, generation):
        raise InvalidRequest(f"The engine `{name}` does not {lacks}.", param="vllm_xargs")


def _lacks(settings: EngineSettings, generation: Generation) -> str | None:
    if "vllm_xargs" not in generation.body:
        return None
    if asks_for_steering(generation.body) and not settings.steers:
        return "steer"
    if asks_for_hedges(generation.body.get("vllm_xargs")) and not settings.hedges:
        return "give each answer a temperature of its own"
    return None
