from hypothesis import given
from hypothesis import strategies as st

from routing.detection.calibration import Evidence, confidence

STRENGTHS = st.floats(0, 1)
WORDS = st.integers(0, 10_000)
EVIDENCE = st.sampled_from(Evidence)


@given(EVIDENCE, STRENGTHS, WORDS)
def test_a_confidence_is_a_frequency_and_never_a_certainty(
    kind: Evidence, strength: float, words: int
) -> None:
    assert 0 < confidence(kind, strength, words) < 1


@given(EVIDENCE, STRENGTHS, STRENGTHS, WORDS)
def test_more_strength_is_never_less_confidence(kind: Evidence, one: float, other: float, words: int) -> None:
    low, high = sorted((one, other))
    assert confidence(kind, low, words) <= confidence(kind, high, words)


@given(EVIDENCE, STRENGTHS)
def test_one_word_is_never_surer_than_many(kind: Evidence, strength: float) -> None:
    assert confidence(kind, strength, 1) <= confidence(kind, strength, 20)
