import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.calibration.recommendation import Recommendation, recommend


def recommended(translations: list[float], other_texts: list[float], seed: int = 0) -> Recommendation:
    return recommend(np.array(translations), np.array(other_texts), np.random.default_rng(seed))


def test_a_language_that_changes_more_than_the_subject_does_is_a_candidate() -> None:
    found = recommended([0.5, 0.6, 0.7], [0.2, 0.2, 0.2])
    assert found.verdict == "candidate"
    assert found.divergence == pytest.approx(0.6)
    assert found.excess == pytest.approx(0.4)
    # With three sequences the bootstrap's ends are the extremes: each is drawn alone once in 27.
    assert found.low == pytest.approx(0.3)
    assert found.high == pytest.approx(0.5)


def test_a_language_that_changes_less_is_aligned() -> None:
    assert recommended([0.1, 0.2, 0.1], [0.4, 0.5, 0.3]).verdict == "aligned"


def test_where_the_interval_holds_nothing_it_is_undecided() -> None:
    assert recommended([0.1, 0.6], [0.3, 0.3]).verdict == "undecided"
    assert recommended([0.3, 0.3], [0.3, 0.3]).verdict == "undecided"


def test_the_interval_is_right_as_often_as_it_says() -> None:
    """95% of the intervals of 40 sequences hold the truth; for 200 trials, within four standard errors."""
    noise = np.random.default_rng(5)
    held = 0
    for seed in range(200):
        found = recommended((0.3 + noise.normal(0, 0.1, 40)).tolist(), [0.2] * 40, seed)
        held += found.low <= 0.1 <= found.high
    # The percentile bootstrap is known to be a little narrow: 93.5% at this size by simulation.
    assert abs(held / 200 - 0.935) < 4 * (0.05 * 0.95 / 200) ** 0.5


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30), st.integers(0, 9))
def test_the_same_seed_gives_the_same_and_the_interval_holds_the_mean(
    pairs: list[tuple[float, float]], seed: int
) -> None:
    translations, other_texts = ([pair[side] for pair in pairs] for side in (0, 1))
    found = recommended(translations, other_texts, seed)
    assert found == recommended(translations, other_texts, seed)
    assert found.low - 1e-9 <= found.excess <= found.high + 1e-9
