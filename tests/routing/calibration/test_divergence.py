import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from routing.calibration.divergence import routing_divergence

Divergence = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float64]]

EXPERTS = 5
WEIGHTS = arrays(np.float32, EXPERTS, elements=st.integers(0, 100).map(float)).filter(
    lambda row: row.sum() > 0
)


def by_hand(one: list[float], other: list[float]) -> float:
    """The formula as the paper has it, one number after another."""

    def entropy(p: list[float]) -> float:
        return -sum(x * math.log(x) for x in p if x > 0)

    def kl(p: list[float], m: list[float]) -> float:
        return sum(x * math.log(x / y) for x, y in zip(p, m, strict=True) if x > 0)

    p, q = ([x / sum(row) for x in row] for row in (one, other))
    mean = [(x + y) / 2 for x, y in zip(p, q, strict=True)]
    divergence = (kl(p, mean) + kl(q, mean)) / 2
    return divergence / (math.log(len(p)) - (entropy(p) + entropy(q)) / 2)


def row(*weights: float) -> NDArray[np.float32]:
    return np.array(weights, np.float32)


# Worked on paper. Four experts, each side on two of its own: JSD = log 2, H = log 2 each, room = log 4 - log 2.
# One expert each: JSD = log 2, room = log 4. (1/2, 1/2) against (1, 0): JSD = (3/4) log(4/3), room = (1/2) log 2.
KNOWN = [
    (row(1, 1, 0, 0), row(0, 0, 1, 1), 1.0),
    (row(1, 0, 0, 0), row(0, 1, 0, 0), 0.5),
    (row(1, 1), row(1, 0), 0.75 * math.log(4 / 3) / (0.5 * math.log(2))),
    (row(3, 1, 2, 2), row(6, 2, 4, 4), 0.0),
    (row(1, 1, 1, 1), row(1, 1, 1, 1), 0.0),
]


def check_known_values(divergence: Divergence) -> None:
    for one, other, expected in KNOWN:
        assert divergence(one, other) == pytest.approx(expected, abs=1e-9)


def check_formula(divergence: Divergence) -> None:
    noise = np.random.default_rng(0)
    for _ in range(50):
        p, q = noise.dirichlet(np.full(EXPERTS, 0.4), 2).astype(np.float32)
        assert divergence(p, q) == pytest.approx(by_hand(p.tolist(), q.tolist()), abs=1e-6)


def check_each_pair_alone(divergence: Divergence) -> None:
    noise = np.random.default_rng(1)
    p, q = noise.dirichlet(np.ones(EXPERTS), (2, 3, 4)).astype(np.float32)
    together = divergence(p, q)
    assert together.shape == (3, 4)
    for place in np.ndindex(3, 4):
        assert together[place] == pytest.approx(float(divergence(p[place], q[place])), abs=1e-12)


CHECKS = (check_known_values, check_formula, check_each_pair_alone)


@pytest.mark.parametrize("check", CHECKS)
def test_divergence_is_the_papers(check: Callable[[Divergence], None]) -> None:
    check(routing_divergence)


@given(WEIGHTS, WEIGHTS, st.permutations(range(EXPERTS)))
def test_divergence_is_a_share_symmetric_and_blind_to_scale_and_to_the_order_of_experts(
    one: NDArray[np.float32], other: NDArray[np.float32], order: list[int]
) -> None:
    found = float(routing_divergence(one, other))
    assert 0 <= found <= 1
    assert routing_divergence(other, one) == pytest.approx(found, abs=1e-9)
    assert routing_divergence(one[order], other[order]) == pytest.approx(found, abs=1e-9)
    assert routing_divergence(one * 7, other) == pytest.approx(found, abs=1e-6)
    assert routing_divergence(one, one) == pytest.approx(0, abs=1e-9)


def test_two_routers_near_uniform_do_not_differ() -> None:
    # float32 noise on both sides, and no room between them: a quotient of nothing by nothing.
    noise = np.random.default_rng(2).normal(scale=1e-6, size=(2, 100, 128)).astype(np.float32)
    uniform = np.full((100, 128), 1 / 128, np.float32)
    assert routing_divergence(uniform + noise[0] / 128, uniform + noise[1] / 128).max() < 1e-3


def parts(
    one: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    p, q = one.astype(np.float64), other.astype(np.float64)
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


def entropy(p: NDArray[np.float64], base: float = math.e) -> NDArray[np.float64]:
    total: NDArray[np.float64] = -(p * np.log(np.maximum(p, 1e-300))).sum(-1) / math.log(base)
    return total


def without_room(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    p, q = parts(one, other)
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def kullback_leibler(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    p, q = parts(one, other)
    crossed = -(p * np.log(np.maximum(q, 1e-10))).sum(-1)
    kl: NDArray[np.float64] = (crossed - entropy(p)) / np.maximum(math.log(p.shape[-1]) - entropy(p), 1e-6)
    return kl


def two_bases(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    p, q = parts(one, other)
    apart = (entropy(p) + entropy(q)) / 2
    room: NDArray[np.float64] = np.maximum(math.log2(p.shape[-1]) - apart, 1e-6)
    return (entropy((p + q) / 2) - apart) / room


def square_root(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.sqrt(routing_divergence(one, other))


def room_of_one_side(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    p, q = parts(one, other)
    room: NDArray[np.float64] = np.maximum(math.log(p.shape[-1]) - entropy(p), 1e-6)
    return (entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2) / room


def pooled(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Averages the distributions, and then compares them."""
    lead = tuple(range(one.ndim - 1))
    return np.broadcast_to(routing_divergence(one.mean(lead), other.mean(lead)), one.shape[:-1])


def not_scaled(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    p, q = one.astype(np.float64), other.astype(np.float64)
    apart = (entropy(p) + entropy(q)) / 2
    room: NDArray[np.float64] = np.maximum(math.log(p.shape[-1]) - apart, 1e-6)
    return (entropy((p + q) / 2) - apart) / room


@pytest.mark.parametrize(
    "wrong", [without_room, kullback_leibler, two_bases, square_root, room_of_one_side, pooled, not_scaled]
)
def test_a_wrong_divergence_is_found_out(wrong: Divergence) -> None:
    def passes(check: Callable[[Divergence], None]) -> bool:
        try:
            check(wrong)
        except AssertionError:
            return False
        return True

    assert not all(passes(check) for check in CHECKS)
