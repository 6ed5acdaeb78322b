"""The logits processor: what requests may ask of it, and its rows in step with a batch that changes."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import BatchUpdate, MoveDirectionality

from gateway.vllm.language_mask import LanguageMask, Wanted, wanted_mask

VOCABULARY = 6
ALLOWED = {"ko": [0, 1, 5], "ar": [2, 5]}


class _Table:
    """A table of one state, by hand."""

    def __init__(self, language: str) -> None:
        self._mask = np.isin(np.arange(VOCABULARY), ALLOWED[language])

    def allowed(self, _state: bytes) -> Any:
        return self._mask

    def next_state(self, _state: bytes, _token: int) -> bytes:
        return b""


def _processor() -> LanguageMask:
    processor = LanguageMask(cast(Any, SimpleNamespace()), torch.device("cpu"), False)
    for language in ALLOWED:
        processor._tables[Wanted(language, True)] = _Table(language)  # type: ignore[assignment]
    return processor


def _params(language: str | None) -> SamplingParams:
    return SamplingParams(extra_args={"dragoman_mask": language} if language else None)


def _update(**fields: Any) -> BatchUpdate:
    return BatchUpdate(**{"batch_size": 4, "removed": (), "added": (), "moved": (), **fields})


def _left(processor: LanguageMask, rows: int) -> list[list[int]]:
    """Which tokens each row of a batch may still take."""
    logits = processor.apply(torch.zeros(rows, VOCABULARY))
    return [[token for token in range(VOCABULARY) if torch.isfinite(row[token])] for row in logits]


LANGUAGES = st.sampled_from([None, "ko", "ar"])
STEPS = st.lists(
    st.tuples(st.just("add"), st.integers(0, 3), LANGUAGES)
    | st.tuples(st.just("remove"), st.integers(0, 3), st.none())
    | st.tuples(st.just("move"), st.integers(0, 3), st.integers(0, 3))
    | st.tuples(st.just("swap"), st.integers(0, 3), st.integers(0, 3)),
    max_size=12,
)


@settings(max_examples=200)
@given(STEPS)
def test_rows_follow_their_requests_through_any_changes_of_the_batch(steps: list[Any]) -> None:
    processor = _processor()
    rows: list[str | None] = [None] * 4
    for step, first, second in steps:
        if step == "add":
            processor.update_state(_update(added=[(first, _params(second), None, [])]))
            rows[first] = second
        elif step == "remove":
            processor.update_state(_update(removed=[first]))
            rows[first] = None
        elif step == "swap":
            processor.update_state(_update(moved=[(first, second, MoveDirectionality.SWAP)]))
            rows[first], rows[second] = rows[second], rows[first]
        elif first != second:
            processor.update_state(_update(moved=[(first, second, MoveDirectionality.UNIDIRECTIONAL)]))
            rows[second], rows[first] = rows[first], None
    everything = list(range(VOCABULARY))
    assert _left(processor, 4) == [ALLOWED[row] if row else everything for row in rows]


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


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (None, None),
        ({"other": 1}, None),
        ({"dragoman_mask": "ko"}, Wanted("ko", True)),
        ({"dragoman_mask": "zh-Hant-TW", "dragoman_mask_latin": 0}, Wanted("zh-Hant-TW", False)),
    ],
)
def test_a_request_asks_by_its_extra_arguments(arguments: Any, wanted: Wanted | None) -> None:
    assert wanted_mask(arguments) == wanted


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"dragoman_mask": 7}, "must be a language tag"),
        ({"dragoman_mask": "no such"}, "not a BCP-47"),
        ({"dragoman_mask": "sw"}, "no script of its own"),
        ({"dragoman_mask": "und"}, "no script of its own"),
        ({"dragoman_mask": "ko", "dragoman_mask_latin": "yes"}, "0 or 1"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(arguments: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        LanguageMask.validate_params(SamplingParams(extra_args=arguments))
