"""What each token of a tokenizer stands for, in bytes."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_SENTENCE_PIECE_SPACE = "\u2581"


def token_bytes(tokenizer: Any, vocabulary: int) -> list[bytes | None]:
    """The bytes of tokens 0 to ``vocabulary`` - 1; None for special tokens and for ids that the tokenizer lacks.

    tokenizer: a Hugging Face tokenizer, of byte-level BPE (GPT-2's alphabet of bytes) or of pieces with ``▁`` for a
    space and ``<0xE0>`` for single bytes. Cost: some 50 ms for 50,000 tokens.
    """
    special = set(tokenizer.all_special_ids)
    pieces = _pieces(tokenizer, vocabulary)
    read = _byte_level if _is_byte_level(pieces) else _sentence_piece
    return [None if piece is None or token in special else read(piece) for token, piece in enumerate(pieces)]


def _pieces(tokenizer: Any, vocabulary: int) -> list[str | None]:
    pieces: list[str | None] = [None] * vocabulary
    known: Mapping[str, int] = tokenizer.get_vocab()
    for piece, token in known.items():
        if token < vocabulary:
            pieces[token] = piece
    return pieces


def _is_byte_level(pieces: Sequence[str | None]) -> bool:
    """GPT-2's alphabet writes a space as Ġ; nearly every vocabulary has hundreds of pieces that begin with it."""
    return sum(piece is not None and piece.startswith("\u0120") for piece in pieces) > sum(
        piece is not None and piece.startswith(_SENTENCE_PIECE_SPACE) for piece in pieces
    )


def _byte_level(piece: str) -> bytes | None:
    alphabet = _gpt2_alphabet()
    if any(character not in alphabet for character in piece):
        return piece.encode()  # an added token, written as it is
    return bytes(alphabet[character] for character in piece)


def _sentence_piece(piece: str) -> bytes:
    if len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">"):
        return bytes([int(piece[3:5], 16)])
    return piece.replace(_SENTENCE_PIECE_SPACE, " ").encode()


@lru_cache(maxsize=1)
def _gpt2_alphabet() -> dict[str, int]:
    """GPT-2's characters for bytes: those that print stand for themselves, the others for 256 and up, in order."""
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printing]
    own = {chr(byte): byte for byte in printing}
    return own | {chr(256 + place): byte for place, byte in enumerate(others)}
