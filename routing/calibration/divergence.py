"""How differently two texts are routed, layer by layer."""

import numpy as np
from numpy.typing import NDArray

_SMALLEST_ROOM = 1e-6
"""Where both sides are uniform there is no room to differ, and the quotient would be noise over noise."""


def routing_divergence(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Div of arXiv 2510.04694 for each pair: Jensen-Shannon divergence over the room that entropy leaves for it.

    D = JSD(p, q) / (log E - (H(p) + H(q)) / 2). As JSD = H((p + q) / 2) - (H(p) + H(q)) / 2, and no entropy
    exceeds log E, D lies in [0, 1], whatever the base of the logarithm: 0 where both are routed alike, 1 where
    together they use all experts evenly and have none in common. The quotient makes layers comparable, since routing
    grows more decided with depth.

    one, other: [..., experts], not negative; each row is scaled to sum to 1, so counts may be given as well as
    weights. Gives [...]. The paper averages D over sequences, not the distributions: so does the caller.
    """
    p, q = _distribution(one), _distribution(other)
    apart = (_entropy(p) + _entropy(q)) / 2
    room = np.maximum(np.log(p.shape[-1]) - apart, _SMALLEST_ROOM)
    share: NDArray[np.float64] = (_entropy((p + q) / 2) - apart) / room
    return share.clip(0.0, 1.0)


def _distribution(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = weights.astype(np.float64)
    scaled: NDArray[np.float64] = exact / exact.sum(axis=-1, keepdims=True)
    return scaled


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    # 0 log 0 is 0.
    logarithms = np.log(p, out=np.zeros_like(p), where=p > 0)
    total: NDArray[np.float64] = -(p * logarithms).sum(axis=-1)
    return total
