"""Random routings, as a router of softmax and top-k would make them."""

import numpy as np
from numpy.typing import NDArray

from routing.calibration.sequence_routing import SequenceRouting

EXPERTS_PER_TOKEN = 2


def routing_of_logits(sequences: list[NDArray[np.float64]]) -> SequenceRouting:
    """sequences: each [tokens, layers, experts] logits."""
    return SequenceRouting(
        weights=np.array([_softmax(logits).mean(axis=0) for logits in sequences], np.float32),
        shares=np.array([_chosen(logits).mean(axis=0) for logits in sequences], np.float32),
        tokens=np.array([len(logits) for logits in sequences], np.int64),
    )


def random_routing(
    sequences: int = 12,
    layers: int = 5,
    experts: int = 8,
    seed: int = 0,
    shift: NDArray[np.float64] | None = None,
) -> SequenceRouting:
    """shift: [layers, experts] added to every token's logits."""
    noise = np.random.default_rng(seed)
    added = np.zeros((layers, experts)) if shift is None else shift
    lengths = noise.integers(3, 9, sequences)
    return routing_of_logits([noise.normal(size=(length, layers, experts)) + added for length in lengths])


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    softmax: NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return softmax


def _chosen(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks = np.argsort(np.argsort(-logits, axis=-1), axis=-1)
    return (ranks < EXPERTS_PER_TOKEN).astype(np.float64)
