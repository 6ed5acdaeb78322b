"""The router bias as slowly and obviously as can be: one token, one expert at a time, in float64."""

from itertools import product

import torch
from torch import Tensor

from kernels.router_bias.profile import Kind, forcing_step


def reference(
    logits: Tensor, weights: Tensor, kinds: Tensor, token_profiles: Tensor, token_strengths: Tensor
) -> Tensor:
    """What `kernels.router_bias.router_bias` makes of the logits, as a new tensor of their dtype."""
    steered = logits.clone()
    for token, expert in product(range(logits.shape[0]), range(logits.shape[1])):
        profile = int(token_profiles[token])
        w = float(weights[profile, expert]) * float(token_strengths[token])
        if w != 0:
            z = logits[token].double()
            step = forcing_step(torch.finfo(logits.dtype).eps)
            value = _steered_value(z, expert, w, Kind(int(kinds[profile])), step)
            steered[token, expert] = value
    return steered


def _steered_value(z: Tensor, expert: int, w: float, kind: Kind, step: float) -> float:
    highest, lowest = float(z.max()), float(z.min())
    match kind:
        case Kind.ADDITIVE:
            return float(z[expert]) + w
        case Kind.SOFT:
            return float(z[expert]) + w * float(((z - z.mean()) ** 2).mean().sqrt())
        case Kind.HARD if w > 0:
            return highest + step * max(1.0, abs(highest))
        case Kind.HARD:
            return lowest - step * max(1.0, abs(lowest))
