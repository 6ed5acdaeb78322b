"""How a request asks for steering: vLLM's own extra arguments (``vllm_xargs``), so that no field is invented."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from routing.errors import InvalidRequest
from routing.steering.profile import ReferenceText

PROFILE_ARGUMENT = "dragoman_profile"
STRENGTH_ARGUMENT = "dragoman_strength"
MAX_STRENGTH = 10.0


@dataclass(frozen=True, slots=True)
class Steering:
    """What a request wants of the router.

    profile: `routing.steering.profile.Profile.reference`, with its hash.
    strength: factor of the profile's weights, 0 to 10; 1 is the profile as it was made. A hard profile forces
        or bans at any strength but 0.
    """

    profile: str
    strength: float = 1.0

    @property
    def arguments(self) -> dict[str, str | float]:
        """For the body's ``vllm_xargs``, beside whatever else is there."""
        return {PROFILE_ARGUMENT: self.profile, STRENGTH_ARGUMENT: self.strength}


def parse_steering(arguments: Mapping[str, Any] | None) -> Steering | None:
    """The steering in a request's ``vllm_xargs``; None where there is none.

    Raises `InvalidRequest` where it is malformed. Whether the profile exists is the engine's to say.
    """
    if not arguments or PROFILE_ARGUMENT not in arguments:
        if arguments and STRENGTH_ARGUMENT in arguments:
            raise _wrong(f"{STRENGTH_ARGUMENT} needs {PROFILE_ARGUMENT}")
        return None
    return Steering(_reference(arguments[PROFILE_ARGUMENT]), _strength(arguments.get(STRENGTH_ARGUMENT, 1.0)))


def _reference(value: object) -> str:
    try:
        return TypeAdapter(ReferenceText).validate_python(value, strict=True)
    except ValidationError:
        raise _wrong(f"{PROFILE_ARGUMENT} must be a profile's name, @ and 16 digits of its hash") from None


def _strength(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(f"{STRENGTH_ARGUMENT} must be a number")
    if not (math.isfinite(value) and 0 <= value <= MAX_STRENGTH):
        raise _wrong(f"{STRENGTH_ARGUMENT} must be between 0 and {MAX_STRENGTH:g}")
    return float(value)


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="vllm_xargs")
