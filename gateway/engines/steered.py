"""Which engines a request that is to be steered may go to: others would answer it unsteered, and say nothing."""

from collections.abc import Mapping
from typing import Any

from routing.engine_settings import EngineSettings
from routing.errors import InvalidRequest
from routing.generation import Generation
from routing.steering.request import PROFILE_ARGUMENT


def asks_for_steering(body: Mapping[str, Any]) -> bool:
    """Whether a request's body, well-formed or not, names a profile."""
    arguments = body.get("vllm_xargs")
    return isinstance(arguments, dict) and PROFILE_ARGUMENT in arguments


def may_serve(settings: EngineSettings, generation: Generation) -> bool:
    """Whether the engine does all that the generation asks of its router."""
    return settings.steers or not asks_for_steering(generation.body)


def check_serves(name: str, settings: EngineSettings, generation: Generation) -> None:
    """Raises `InvalidRequest` where the engine does not."""
    if not may_serve(settings, generation):
        raise InvalidRequest(f"The engine `{name}` does not steer.", param="vllm_xargs")
