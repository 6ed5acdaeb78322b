"""The logits processor: which rows it holds, in step with a batch that changes, under both of vLLM's model runners."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import BatchUpdate, LogitsProcessor, MoveDirectionality
from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor as SlotLogitsProcessor
from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcRequestState

from gateway.vllm.held_rows import BIAS_NATS
from gateway.vllm.language_mask import LanguageMask
from gateway.vllm.mask_tables import MaskTables
from kernels.token_mask import CharacterSet, MaskTable
from tests.gateway.vllm.second_runner import SecondRunner

CPU = torch.device("cpu")
# Letters, then the bytes EA B8 80 of 글 and D8 A7 of ا as tokens of their own; the last id ends an answer.
TOKENS = [text.encode() for text in "안녕بa"] + [bytes([byte]) for byte in "글ا".encode()] + [None]
VOCABULARY = len(TOKENS)
EVERYTHING = list(range(VOCABULARY))
# By hand: what may follow these tokens in Korean and in Arabic.
NEXT = {
    ("ko", ()): [0, 1, 4, 9],
    ("ko", (0, 4)): [5],
    ("ko", (1, 4, 5)): [5, 6, 8],
    ("ko", (4, 5, 6)): [0, 1, 4, 9],
    ("ar", ()): [2, 7, 9],
    ("ar", (2, 2, 2, 7)): [5, 8],
    (None, (3, 7)): EVERYTHING,
}
REQUESTS = st.sampled_from(list(NEXT))
RANGES = {"ko": [(0xAC00, 0xD7A3)], "ar": [(0x0620, 0x064A)]}
TABLES = {
    language: MaskTable(TOKENS, CharacterSet.of(ranges), [VOCABULARY - 1])
    for language, ranges in RANGES.items()
}
SLOTS = 4


class _Tables(MaskTables):
    """Those of the little vocabulary instead of a model's."""

    def table(self, language: str, *, latin: bool) -> MaskTable:
        return TABLES[language]


def _processor(place: torch.device | LogitsProcRequestState = CPU) -> LanguageMask:
    config = SimpleNamespace(model_config=None, speculative_config=None)
    processor = LanguageMask(cast(Any, config), place)
    processor._tables = _Tables(cast(Any, None))
    return processor


def _params(language: str | None, mode: str = "hard", **fields: Any) -> SamplingParams:
    arguments = {"dragoman_mask": language, "dragoman_mask_mode": mode} if language else None
    return SamplingParams(extra_args=arguments, **fields)


def _update(**fields: Any) -> BatchUpdate:
    return BatchUpdate(**{"batch_size": SLOTS, "removed": (), "added": (), "moved": (), **fields})


def _left(logits: torch.Tensor) -> list[list[int]]:
    """Which tokens each row of a batch may still take."""
    return [torch.isfinite(row).nonzero().flatten().tolist() for row in logits]


ROWS = st.integers(0, SLOTS - 1)
STEPS = st.lists(
    st.tuples(st.just("add"), ROWS, REQUESTS)
    | st.tuples(st.just("remove"), ROWS, st.none())
    | st.tuples(st.just("move"), ROWS, ROWS)
    | st.tuples(st.just("swap"), ROWS, ROWS),
    max_size=12,
)


@settings(max_examples=200)
@given(STEPS)
def test_rows_follow_their_requests_through_any_changes_of_the_batch(steps: list[Any]) -> None:
    processor = _processor()
    rows: list[Any] = [(None, (3, 7))] * SLOTS
    for step, first, second in steps:
        if step == "add":
            processor.update_state(_update(added=[(first, _params(second[0]), None, list(second[1]))]))
            rows[first] = second
        elif step == "remove":
            processor.update_state(_update(removed=[first]))
            rows[first] = (None, (3, 7))
        elif step == "swap" and first != second:
            processor.update_state(_update(moved=[(first, second, MoveDirectionality.SWAP)]))
            rows[first], rows[second] = rows[second], rows[first]
        elif step == "move" and first != second:
            processor.update_state(_update(moved=[(first, second, MoveDirectionality.UNIDIRECTIONAL)]))
            rows[second], rows[first] = rows[first], (None, (3, 7))
    assert _left(processor.apply(torch.zeros(SLOTS, VOCABULARY))) == [NEXT[row] for row in rows]


def test_what_a_request_has_said_since_is_seen_in_its_growing_list() -> None:
    processor = _processor()
    said: list[int] = []
    processor.update_state(_update(added=[(0, _params("ko"), None, said)]))
    for token in (4, 5, 6):
        assert token in _left(processor.apply(torch.zeros(1, VOCABULARY)))[0]
        said.append(token)
        processor.update_state(None)
    assert _left(processor.apply(torch.zeros(1, VOCABULARY))) == [NEXT["ko", (4, 5, 6)]]


@settings(max_examples=100)
@given(
    st.lists(st.tuples(ROWS, REQUESTS), min_size=1, max_size=8),
    st.permutations(range(SLOTS)),
    st.integers(1, SLOTS),
)
def test_slots_hold_their_newest_request_in_whatever_order_the_batch_has_them(
    requests: list[Any], order: list[int], size: int
) -> None:
    runner = SecondRunner(_processor, SLOTS, VOCABULARY)
    slots: dict[int, Any] = {}
    for slot, (language, said) in requests:
        slots[slot] = (language, said)
        # The prompt, too, would leave a character open: it does not count.
        assert runner.take(slot, _params(language), [4], said) == (language is not None)
    batch = [slot for slot in order if slot in slots][:size]
    logits = runner.step(batch, torch.zeros(len(batch), VOCABULARY))
    assert _left(logits) == [NEXT[slots[slot]] for slot in batch]


def test_each_of_the_two_runners_takes_it_for_one_of_its_own() -> None:
    """They ask for a subclass of theirs, and construct it in their own ways."""
    assert issubclass(LanguageMask, LogitsProcessor)
    assert issubclass(LanguageMask, SlotLogitsProcessor)
    assert not LanguageMask.__abstractmethods__
    LanguageMask(cast(Any, SimpleNamespace(model_config=None, speculative_config=None)), CPU, False)


def test_a_request_that_asks_for_what_cannot_be_is_refused_before_any_work() -> None:
    with pytest.raises(ValueError, match="no script of its own"):
        LanguageMask.validate_params(_params("sw"))
    LanguageMask.validate_params(_params("ko"))


def test_it_does_not_start_beside_speculative_decoding() -> None:
    config = SimpleNamespace(model_config=None, speculative_config=object())
    with pytest.raises(ValueError, match="speculative"):
        LanguageMask(cast(Any, config), CPU)


def test_a_row_that_a_grammar_leaves_nothing_of_the_mask_loses_the_mask() -> None:
    processor = _processor()
    processor.update_state(_update(added=[(0, _params("ko"), None, [])]))
    logits = torch.full((1, VOCABULARY), -torch.inf)
    logits[0, 3] = 1.0
    assert torch.equal(processor.apply(logits.clone()), logits)


def test_rows_without_a_mask_keep_their_bits() -> None:
    processor = _processor()
    processor.update_state(_update(added=[(1, _params("ko"), None, [])]))
    logits = torch.randn(3, VOCABULARY)
    after = processor.apply(logits.clone())
    assert torch.equal(after[0], logits[0])
    assert torch.equal(after[2], logits[2])


def test_padding_of_the_vocabulary_is_ruled_out_too() -> None:
    processor = _processor()
    processor.update_state(_update(added=[(0, _params("ar"), None, [])]))
    assert _left(processor.apply(torch.zeros(1, VOCABULARY + 54))) == [NEXT["ar", ()]]


FOREIGN_FIRST = [0.0, 0.0, 2.0, 4.0, *[-20.0] * (VOCABULARY - 4)]
OWN_FIRST = [4.0, 0.0, 2.0, 0.0, *[-20.0] * (VOCABULARY - 4)]
OWN_UNLIKELY = [-20.0, -20.0, 2.0, 4.0, *[-20.0] * (VOCABULARY - 4)]


def test_the_gate_acts_where_an_allowed_token_is_likely_and_is_counted() -> None:
    processor = _processor()
    greedy = _params("ko", "gate", temperature=0.0)
    processor.update_state(_update(added=[(row, greedy, None, []) for row in range(3)]))
    rows = torch.tensor([FOREIGN_FIRST, OWN_FIRST, OWN_UNLIKELY])
    left = _left(processor.apply(rows.clone()))
    assert left == [NEXT["ko", ()], EVERYTHING, EVERYTHING]
    assert processor.gate_acted == 1
    processor.apply(rows.clone())
    assert processor.gate_acted == 2


def test_the_gate_judges_by_how_the_request_is_drawn() -> None:
    processor = _processor()
    hot, filtered = (_params("ko", "gate", temperature=1.0, min_p=floor) for floor in (0.0, 0.9))
    processor.update_state(_update(added=[(0, hot, None, []), (1, filtered, None, [])]))
    assert _left(processor.apply(torch.tensor([OWN_FIRST, OWN_FIRST]))) == [NEXT["ko", ()], EVERYTHING]


def test_a_bias_takes_from_foreign_tokens_alone() -> None:
    processor = _processor()
    processor.update_state(_update(added=[(0, _params("ko", "bias"), None, [])]))
    before = torch.tensor([FOREIGN_FIRST])
    loss = (before - processor.apply(before.clone()))[0]
    assert loss.nonzero().flatten().tolist() == [token for token in EVERYTHING if token not in NEXT["ko", ()]]
    assert loss.max() == loss[3] == BIAS_NATS
