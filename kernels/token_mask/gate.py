"""When a mask is needed at all: the rule of the Language Confusion Gate (arXiv 2510.17555)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

# An allowed token is likely if it is among so many of the likeliest, and those before it have less than this mass.
_LIKELY = ((5, 0.999), (20, 0.95))

_NEXT_TO_NOTHING = -80.0
"""Of a logit below the highest. On a CPU, torch's exp of numbers that underflow is a hundred times as slow: up to 6 ms
for 152,000 of them."""


class Limits(NamedTuple):
    """What a token's logit must reach to be drawn, as four numbers that need no cases.

    temperature: above 0. rank: fewer tokens than this stand before it. mass: they have less probability than this.
    distance: it lies at most so far below the highest logit. Infinite where there is no such limit.
    """

    temperature: float
    rank: float
    mass: float
    distance: float


@dataclass(frozen=True, slots=True)
class Draw:
    """How a row's token will be drawn; 0 for a filter that is not used, top_p 1.

    temperature: 0 for greedy.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    @property
    def limits(self) -> Limits:
        """Greedy is the first rank alone."""
        if self.temperature == 0:
            return Limits(1.0, 1.0, math.inf, math.inf)
        return Limits(
            self.temperature,
            self.top_k or math.inf,
            self.top_p if self.top_p < 1 else math.inf,
            -self.temperature * math.log(self.min_p) if self.min_p else math.inf,
        )


def leads_astray(rows: Tensor, penalty: Tensor, limits: Tensor) -> Tensor:
    """Where a foreign token may be drawn though an allowed one is likely: the moment to act on a row.

    Foreign tokens may be drawn if the likeliest of them passes the filters; each is judged on the whole row, where
    samplers apply top-p to what top-k has left, so with both this acts rather too often than too seldom. An allowed
    token is likely if it is among the first 5 within a mass of 0.999, or the first 20 within 0.95, at temperature 1.
    As in the paper, without its trained head: what is allowed is told here by the token's characters, and the rule
    holds from the first token on.

    rows: [rows, vocabulary] float32; -inf for tokens ruled out already. penalty: the same shape, 0 for allowed tokens,
    -inf for foreign ones. limits: [rows, 4] float32, each row's `Limits`.
    Returns bools [rows] on the rows' device, without a synchronisation. Cost: a dozen passes over the rows, and memory
    for twice as many.
    """
    spare = rows + penalty
    own = spare.amax(-1)
    # One over 0 is infinite, over what is infinite 0: so this leaves the foreign ones.
    torch.sub(rows, torch.reciprocal(penalty, out=spare), out=spare)
    foreign = spare.amax(-1)
    temperature, most, within, distance = limits.unbind(1)
    # Before the lower of the two stand only tokens of the other kind. So one count of them answers both questions:
    # where an allowed token is first, whether the foreign one can be drawn; else whether the allowed one is likely.
    lead = own - foreign
    is_own_first = lead >= 0
    highest, lower = torch.maximum(own, foreign), torch.minimum(own, foreign)
    weights = _weights(rows, highest, torch.where(is_own_first, temperature, 1.0))
    whole = weights.sum(-1)
    before = torch.gt(rows, lower[:, None], out=spare)  # as floats: bools are slow to sum
    rank, mass = before.sum(-1), weights.mul_(before).sum(-1) / whole
    is_drawable = (rank < most) & (mass < within) & (lead <= distance)
    is_likely = torch.stack([(rank < first) & (mass < share) for first, share in _LIKELY]).any(0)
    # Infinite, or no number, where there is no token of one kind or a logit is none.
    return (lead.abs() < torch.inf) & torch.where(is_own_first, is_drawable, is_likely)


def _weights(rows: Tensor, highest: Tensor, temperature: Tensor) -> Tensor:
    weights = (rows - highest[:, None]).div_(temperature[:, None])
    return weights.clamp_(min=_NEXT_TO_NOTHING).exp_()
