import torch
from hypothesis import given
from hypothesis import strategies as st

from gateway.vllm.steering.token_rows import TokenRows
from tests.gateway.vllm.pretended_device import DEVICE, NoWaiting

MAX_TOKENS = 12
LAYERS = frozenset({1})

strengths = st.sampled_from([0.0, 0.5, 2.0])
requests = st.lists(st.tuples(st.integers(0, 2), strengths, st.integers(1, 3)), min_size=1, max_size=4)
batches = st.lists(requests | st.none(), min_size=2, max_size=6)


def buffers() -> TokenRows:
    return TokenRows.allocate(MAX_TOKENS, torch.device("cpu"))


@given(batches)
def test_every_token_has_the_row_of_its_request_whatever_was_there_before(
    given_batches: list[list[tuple[int, float, int]] | None],
) -> None:
    tokens = buffers()
    for batch in given_batches:
        if batch is None:
            tokens.clear()
        else:
            tokens.write(batch, LAYERS)
        per_token = [(row, strength) for row, strength, count in batch or () for _ in range(count)]
        padding = [0] * (MAX_TOKENS - len(per_token))
        assert tokens.rows.tolist() == [row for row, _ in per_token] + padding
        assert tokens.strengths[: len(per_token)].tolist() == [strength for _, strength in per_token]
        assert (tokens.is_idle, tokens.layers) == ((batch is None), LAYERS if batch else frozenset())


def test_the_same_batch_is_not_written_again_but_its_layers_may_be_others() -> None:
    tokens = buffers()
    tokens.write([(1, 1.0, 2)], LAYERS)
    tokens.rows[0] = 7  # stays, if nothing is written
    tokens.write([(1, 1.0, 2)], frozenset({2}))
    assert tokens.rows.tolist()[:2] == [7, 1]
    # Another profile may have come into the same row.
    assert tokens.layers == {2}


def test_on_a_device_it_waits_for_nothing() -> None:
    tokens = TokenRows.allocate(MAX_TOKENS, DEVICE)
    with NoWaiting() as watched:
        tokens.write([(1, 1.0, 2), (0, 0.0, 3)], LAYERS)
        tokens.write([(1, 1.0, 2), (0, 0.0, 3)], LAYERS)
        tokens.clear()
    assert watched.copies == 2
