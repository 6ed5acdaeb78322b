"""How a model routed a set of sequences: what calibration is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SequenceRouting:
    """The routing of each sequence, averaged over its tokens. Layers are those with a router, ascending.

    weights: [sequences, layers, experts] float32; the softmax of the router's logits over all experts, q of the
        paper's equation 1. Sums to 1 over experts.
    shares: [sequences, layers, experts] float32; the share of a sequence's tokens that chose the expert, a/L of
        equation 3. Sums over experts to the experts per token.
    tokens: [sequences] int64, each above 0.
    """

    weights: Floats
    shares: Floats
    tokens: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.tokens)


def join_routings(parts: Sequence[SequenceRouting]) -> SequenceRouting:
    """The sequences of all parts, one part after another; at least one."""
    return SequenceRouting(
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.shares for part in parts]),
        np.concatenate([part.tokens for part in parts]),
    )


def mean_shares(routing: SequenceRouting) -> NDArray[np.float64]:
    """[layers, experts]: how often each expert was chosen, every sequence counting alike, however long."""
    mean: NDArray[np.float64] = routing.shares.mean(axis=0, dtype=np.float64)
    return mean
