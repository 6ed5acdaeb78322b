"""What one row of a steering profile may hold."""

from collections.abc import Sequence
from enum import IntEnum
from math import isfinite


class Kind(IntEnum):
    """How a profile's weights act on the router's logits; `router_bias` has the formulas."""

    ADDITIVE = 0
    SOFT = 1
    HARD = 2


def forcing_step(eps: float) -> float:
    """How far, relative to it, a forced logit lies beyond the highest. eps: of the logits' type.

    What the type can hold, and in float32 more: routers that choose by a softmax in float32 would find two logits
    equal that are only one step of the type apart. The paper's ε is of this size (N(0, 1e-6)).
    """
    return max(eps, 2.0**-20)


def check_profile(kind: Kind, weights: Sequence[float], experts_per_token: int) -> None:
    """Raises `ValueError` where these weights of one layer would derail the model.

    Weights are finite. A hard profile forces at most as many experts as a token has (with more, the router's own
    choice would never be heard), and bans so few that at least as many are left.
    """
    if not all(isfinite(weight) for weight in weights):
        raise ValueError("a profile's weights must be finite")
    if kind is not Kind.HARD:
        return
    forced = sum(weight > 0 for weight in weights)
    left = sum(weight >= 0 for weight in weights)
    if forced > experts_per_token:
        raise ValueError(
            f"a hard profile forces {forced} experts of a layer; a token has {experts_per_token}"
        )
    if left < experts_per_token:
        raise ValueError(
            f"a hard profile leaves {left} experts of a layer; a token needs {experts_per_token}"
        )
