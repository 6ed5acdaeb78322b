"""The tables of an engine's tokenizer: what they always allow, and that they are not kept without end."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

import gateway.vllm.mask_tables
from gateway.vllm.mask_tables import MaskTables

PIECES = [
    "<s>",
    "</s>",
    "▁안녕",
    "▁hello",
    "안",
    "<think>",
    "</think>",
    "[TOOL]",
    "▁привет",
    "<turn>",
    "한국어<",
    "न",
]
SPECIAL = {0, 1, 9}


class _Tokenizer:
    """As far as it is looked at: pieces in SentencePiece's form, and tokens that were added for marks."""

    all_special_ids = tuple(SPECIAL)
    eos_token_id = 1

    def get_vocab(self) -> dict[str, int]:
        return {piece: token for token, piece in enumerate(PIECES)}

    @property
    def added_tokens_decoder(self) -> dict[int, Any]:
        added = [0, 1, 5, 6, 7, 8, 9]
        return {token: SimpleNamespace(content=PIECES[token], special=token in SPECIAL) for token in added}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> MaskTables:
    monkeypatch.setattr(gateway.vllm.mask_tables, "cached_tokenizer_from_config", lambda _: _Tokenizer())
    model = SimpleNamespace(
        get_vocab_size=lambda: len(PIECES) + 4, try_get_generation_config=lambda: {"eos_token_id": [1, 99]}
    )
    return MaskTables(cast(Any, model))


def _allowed(tables: MaskTables, language: str, *, latin: bool) -> list[str]:
    return [PIECES[token] for token in tables.table(language, latin=latin).allowed_ids()]


def test_a_model_may_always_mark_its_thinking_and_its_tool_calls_and_end(tables: MaskTables) -> None:
    marks = ["<think>", "</think>", "[TOOL]"]
    assert _allowed(tables, "ko", latin=False) == ["</s>", "▁안녕", "안", *marks, "한국어<"]
    assert _allowed(tables, "ko", latin=True) == ["</s>", "▁안녕", "▁hello", "안", *marks, "한국어<"]


def test_words_that_were_added_to_a_vocabulary_are_words_like_others(tables: MaskTables) -> None:
    assert "▁привет" not in _allowed(tables, "hi", latin=False)
    assert "न" in _allowed(tables, "hi", latin=False)


def test_a_table_is_built_once_and_the_oldest_is_let_go(
    tables: MaskTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.vllm.mask_tables, "_MOST_TABLES", 2)
    first = tables.table("ko", latin=False)
    assert tables.table("ko", latin=False) is first
    tables.table("th", latin=False)
    tables.table("th", latin=True)
    assert tables.table("ko", latin=False) is not first
