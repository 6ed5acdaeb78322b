"""Whether a request is to be steered."""

from collections.abc import Mapping
from typing import Any

from routing.steering.request import PROFILE_ARGUMENT


def asks_for_steering(body: Mapping[str, Any]) -> bool:
    """Whether a request's body, well-formed or not, names a profile."""
    arguments = body.get("vllm_xargs")
    return isinstance(arguments, dict) and PROFILE_ARGUMENT in arguments
