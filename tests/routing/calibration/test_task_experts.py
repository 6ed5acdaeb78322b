from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from routing.calibration.sequence_routing import SequenceRouting, join_routings
from routing.calibration.task_experts import experts_above, share_difference, strongest_of_layer
from tests.routing.calibration.routings import EXPERTS_PER_TOKEN, random_routing, routing_of_logits

Difference = Callable[[SequenceRouting, SequenceRouting], NDArray[np.float64]]


def choosing(*tokens: tuple[int, int]) -> NDArray[np.float64]:
    """One layer of four experts, and tokens that choose these two."""
    logits = np.zeros((len(tokens), 1, 4))
    for token, experts in enumerate(tokens):
        logits[token, 0, list(experts)] = 5
    return logits


# The task: a sequence of four tokens and one of a single token. General text: two of two tokens.
TASK = routing_of_logits([choosing((0, 1), (0, 1), (0, 2), (0, 3)), choosing((1, 2))])
GENERAL = routing_of_logits([choosing((2, 3), (2, 3)), choosing((0, 3), (1, 3))])
# Task: expert 0 in 4/4 and 0/1, mean 1/2; 1 in 2/4 and 1; 2 in 1/4 and 1; 3 in 1/4 and 0.
# General: 0 in 0 and 1/2; 1 in 0 and 1/2; 2 in 1 and 0; 3 always.
EXPECTED = [[0.5 - 0.25, 0.75 - 0.25, 0.625 - 0.5, 0.125 - 1.0]]


def check_worked_example(difference: Difference) -> None:
    assert difference(TASK, GENERAL) == pytest.approx(np.array(EXPECTED))


def test_the_difference_counts_tokens_within_a_sequence_and_sequences_alike() -> None:
    check_worked_example(share_difference)


def weighted_by_length(task: SequenceRouting, general: SequenceRouting) -> NDArray[np.float64]:
    def mean(of: SequenceRouting) -> NDArray[np.float64]:
        average: NDArray[np.float64] = np.average(of.shares.astype(np.float64), axis=0, weights=of.tokens)
        return average

    return mean(task) - mean(general)


def of_weights(task: SequenceRouting, general: SequenceRouting) -> NDArray[np.float64]:
    means: NDArray[np.float64] = task.weights.mean(0, np.float64) - general.weights.mean(0, np.float64)
    return means


def turned_round(task: SequenceRouting, general: SequenceRouting) -> NDArray[np.float64]:
    return share_difference(general, task)


def per_choice(task: SequenceRouting, general: SequenceRouting) -> NDArray[np.float64]:
    return share_difference(task, general) / EXPERTS_PER_TOKEN


@pytest.mark.parametrize("wrong", [weighted_by_length, of_weights, turned_round, per_choice])
def test_a_wrong_difference_is_found_out(wrong: Difference) -> None:
    with pytest.raises(AssertionError):
        check_worked_example(wrong)


@given(st.integers(0, 50), st.integers(51, 100))
def test_differences_sum_to_nothing_in_a_layer_and_turn_round_with_their_sides(one: int, other: int) -> None:
    task, general = random_routing(seed=one), random_routing(seed=other)
    found = share_difference(task, general)
    assert np.abs(found).max() <= 1
    assert found.sum(axis=1) == pytest.approx(0, abs=1e-5)
    assert share_difference(general, task) == pytest.approx(-found)
    assert not share_difference(task, task).any()


def test_sequences_in_batches_are_those_of_one_set() -> None:
    whole = random_routing(sequences=7)
    batches = [
        SequenceRouting(whole.weights[a:b], whole.shares[a:b], whole.tokens[a:b])
        for a, b in ((0, 3), (3, 4), (4, 7))
    ]
    joined = join_routings(batches)
    assert len(joined) == 7
    assert np.array_equal(joined.weights, whole.weights)
    assert np.array_equal(joined.tokens, whole.tokens)


def test_an_expert_at_the_threshold_is_not_above_it() -> None:
    assert experts_above(np.array([[0.3, 0.30001, -0.9]]), 0.3).tolist() == [[False, True, False]]


DIFFERENCES = arrays(np.float64, (3, 6), elements=st.floats(-1, 1))


@given(DIFFERENCES, st.floats(0, 0.5), st.integers(1, 6))
def test_the_strongest_of_a_layer_are_chosen_ones_and_none_left_out_is_stronger(
    difference: NDArray[np.float64], threshold: float, most: int
) -> None:
    chosen = experts_above(difference, threshold)
    strongest = strongest_of_layer(difference, chosen, most)
    assert not (strongest & ~chosen).any()
    assert strongest.sum(axis=1).tolist() == np.minimum(chosen.sum(axis=1), most).tolist()
    for layer in range(3):
        kept, left = difference[layer][strongest[layer]], difference[layer][chosen[layer] & ~strongest[layer]]
        assert not kept.size or not left.size or kept.min() >= left.max()
