"""Masks over tokens that are pieces of bytes: what they let through is exactly the allowed texts."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.token_mask import CharacterSet, MaskTable

KOREAN = CharacterSet.of([(0x20, 0x20), (0xAC00, 0xD7A3), (0x30, 0x39)])
WORDS = ["안녕", "세상", "한국어", "7", "привет", "你好", "hello", "नमस्ते", "👩‍👩‍👧", "ㅏ"]
TEXTS = st.lists(st.sampled_from([*WORDS, " "]), max_size=5).map("".join)


def _tokens() -> list[bytes | None]:
    """Every single byte, some pieces that begin or end within a character, whole words, and two specials."""
    pieces = {bytes([byte]) for byte in range(256)}
    for word in WORDS:
        data = word.encode()
        pieces |= {data[start : start + size] for start in range(len(data)) for size in (2, 3, 4, 5)}
    return [*sorted(pieces), None, None]


TOKENS = _tokens()
END = len(TOKENS) - 1
TABLE = MaskTable(TOKENS, KOREAN, [END])


def _split(data: bytes, choice: st.DataObject) -> list[int]:
    """The bytes as tokens, cut as it comes."""
    tokens, place = [], 0
    while place < len(data):
        fitting = [token for token, piece in enumerate(TOKENS) if piece and data.startswith(piece, place)]
        tokens.append(choice.draw(st.sampled_from(fitting)))
        piece = TOKENS[tokens[-1]]
        assert piece is not None
        place += len(piece)
    return tokens


def _lets_through(tokens: Sequence[int], table: MaskTable = TABLE) -> bool:
    return all(table.allowed(table.state_after(tokens[:place]))[token] for place, token in enumerate(tokens))


@settings(max_examples=150)
@given(TEXTS, st.data())
def test_a_text_is_let_through_if_all_its_characters_are_allowed_however_it_is_cut(
    text: str, data: st.DataObject
) -> None:
    tokens = _split(text.encode(), data)
    assert _lets_through(tokens) == all(ord(character) in KOREAN.points for character in text)


@settings(max_examples=60)
@given(st.data())
def test_whatever_the_masks_lead_to_is_an_allowed_text_and_can_go_on(data: st.DataObject) -> None:
    tokens: list[int] = []
    for _ in range(12):
        allowed = TABLE.allowed_ids(TABLE.state_after(tokens))
        assert len(allowed)
        token = int(data.draw(st.sampled_from(list(allowed))))
        if token == END:
            break
        tokens.append(token)
    said = b"".join(TOKENS[token] or b"" for token in tokens)
    text = said[: len(said) - len(TABLE.state_after(tokens))].decode()
    assert all(ord(character) in KOREAN.points for character in text)


def test_an_answer_may_end_only_where_no_character_is_open() -> None:
    half = "안".encode()[:2]
    token = TOKENS.index(half)
    assert TABLE.allowed(b"")[END]
    assert TABLE.state_after([token]) == half
    assert not TABLE.allowed(half)[END]
    assert not TABLE.allowed(b"")[END - 1]


def test_a_mask_without_states_would_let_foreign_characters_through() -> None:
    """Pieces that each fit an allowed character can make a foreign one together."""

    class Stateless(MaskTable):
        def allowed(self, state: bytes = b"") -> np.ndarray:
            everywhere = super().allowed(b"")
            everywhere[self.continuing] = True
            return everywhere

    foreign = next(
        chr(point) for point in range(0xD7A4, 0xD800) if chr(point).encode()[:2] in KOREAN.beginnings
    )
    tokens = [TOKENS.index(bytes([byte])) for byte in foreign.encode()]
    assert _lets_through(tokens, Stateless(TOKENS, KOREAN, [END]))
    assert not _lets_through(tokens)


def test_bits_are_packed_with_the_lowest_token_first() -> None:
    mask, words = TABLE.allowed(), TABLE.packed()
    assert words.dtype == np.uint32
    unpacked = [
        bool(words[token // 32] >> np.uint32(token % 32) & np.uint32(1)) for token in range(len(mask))
    ]
    assert unpacked == mask.tolist()


@settings(max_examples=150)
@given(st.lists(st.sampled_from(range(-1, len(TOKENS) + 1)), max_size=6))
def test_the_state_is_what_any_tokens_leave_open(tokens: list[int]) -> None:
    """Told by all bytes from the beginning, one by one, forgetting what can become no allowed character."""
    open_bytes = b""
    for token in tokens:
        data = TOKENS[token] if 0 <= token < len(TOKENS) else None
        for byte in data or b" ":
            longer = open_bytes + bytes([byte])
            lone = bytes([byte])
            open_bytes = next((piece for piece in (longer, lone) if piece in KOREAN.beginnings), b"")
    assert TABLE.state_after(tokens) == open_bytes


def test_what_is_no_utf_8_is_never_allowed() -> None:
    everything = CharacterSet.of([(0, 0x10FFFF)])
    for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"):
        assert everything.rest_after(data) is None, data
