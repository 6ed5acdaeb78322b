from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.vllm.calibration.steps import steps_of

SEQUENCES = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=12).map(tuple))


@given(SEQUENCES, st.integers(1, 5), st.integers(1, 20))
def test_every_sequence_is_in_one_step_in_order_and_no_step_is_too_large(
    sequences: list[tuple[int, ...]], most_sequences: int, most_tokens: int
) -> None:
    steps = list(steps_of(sequences, most_sequences, most_tokens))
    assert [sequence for step in steps for sequence in step] == sequences
    for step in steps:
        assert 1 <= len(step) <= most_sequences
        assert sum(map(len, step)) <= most_tokens or len(step) == 1


@given(SEQUENCES, st.integers(1, 5), st.integers(1, 20))
def test_a_step_ends_only_where_the_next_sequence_does_not_fit(
    sequences: list[tuple[int, ...]], most_sequences: int, most_tokens: int
) -> None:
    steps = list(steps_of(sequences, most_sequences, most_tokens))
    for step, following in pairwise(steps):
        assert len(step) == most_sequences or sum(map(len, step)) + len(following[0]) > most_tokens
