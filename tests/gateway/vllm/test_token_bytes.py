"""Tokens as bytes, for both kinds of tokenizer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from gateway.embedded_model import default_cache_dir, prepare_embedded_model
from gateway.vllm.token_bytes import token_bytes

# Beyond, no character has a meaning, and this tokenizer has no token for the bytes.
MEANT = st.characters(max_codepoint=0x1FFFF, categories=["L", "M", "N", "P", "S", "Z"])


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(prepare_embedded_model(default_cache_dir(), lambda _: None))


@pytest.fixture(scope="module")
def pieces(tokenizer: Any) -> list[bytes | None]:
    return token_bytes(tokenizer, len(tokenizer) + 8)


@given(
    st.text(MEANT, max_size=40)
    | st.sampled_from(["नमस्ते दुनिया", "สวัสดี", "안녕 세상", "👩‍👩‍👧", "שלום", "e\u0301"])
)
def test_the_tokens_of_a_text_are_its_bytes(tokenizer: Any, pieces: list[bytes | None], text: str) -> None:
    tokens = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
    assert b"".join(pieces[token] or b"" for token in tokens) == text.encode()


def test_specials_and_ids_beyond_the_vocabulary_stand_for_nothing(
    tokenizer: Any, pieces: list[bytes | None]
) -> None:
    assert pieces[tokenizer.eos_token_id] is None
    assert pieces[len(tokenizer) :] == [None] * 8


class _Pieces:
    """A tokenizer in SentencePiece's form, as far as it is looked at."""

    all_special_ids = (0,)

    def get_vocab(self) -> dict[str, int]:
        return {"<s>": 0, "\u2581नम": 1, "स्ते": 2, "<0xE0>": 3, "<0xA4>": 4, "\u2581": 5}


def test_pieces_with_a_mark_for_a_space_and_single_bytes_are_read_too() -> None:
    assert token_bytes(_Pieces(), 7) == [None, " नम".encode(), "स्ते".encode(), b"\xe0", b"\xa4", b" ", None]
