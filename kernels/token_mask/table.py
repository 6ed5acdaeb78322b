"""The masks of one tokenizer and one set of characters, built when they are first wanted."""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kernels.token_mask.characters import CharacterSet
from kernels.token_mask.states import SPECIAL, TAIL_BYTES, TableStates

Bits: TypeAlias = npt.NDArray[np.uint32]
"""One bit for each token, the lowest of each word first, as vLLM's and xgrammar's bitmasks have it."""


class MaskTable:
    """Masks by state for one vocabulary.

    tokens: what each token stands for, in bytes; None for tokens that stand for no text.
    always: ids that are allowed wherever a text may end: the end of the sequence and its like.
    continuing: ids of the tokens that begin within a character.

    The first mask costs 0.2 s for 262,000 tokens, that of another state below 1 ms. Kept are the first, and of every
    other state that occurs (for Chinese up to 1,700) the few ids that can go on from there.
    """

    def __init__(
        self, tokens: Sequence[bytes | None], characters: CharacterSet, always: Sequence[int]
    ) -> None:
        self.tokens = tokens
        self._characters = characters
        self._always = tuple(always)
        self.continuing = [token for token, data in enumerate(tokens) if data and 0x80 <= data[0] < 0xC0]
        self._ids: dict[bytes, npt.NDArray[np.int64]] = {}

    @cached_property
    def states(self) -> TableStates:
        """All states at once. Cost: 0.1 s for the 1,656 of Chinese."""
        return TableStates.of(self._characters, [self._text(token) for token in self.continuing])

    def allowed_ids(self, state: bytes = b"") -> npt.NDArray[np.int64]:
        """Which tokens may come next, not to be changed; ``state`` is what `state_after` gave."""
        if state not in self._ids:
            self._ids[state] = np.array(self._built(state), dtype=np.int64)
        return self._ids[state]

    def allowed(self, state: bytes = b"") -> npt.NDArray[np.bool_]:
        """The same as flags, shape [vocabulary]."""
        mask = np.zeros(len(self.tokens), dtype=np.bool_)
        mask[self.allowed_ids(state)] = True
        return mask

    def packed(self, state: bytes = b"") -> Bits:
        """The same in 32-bit words, shape [ceil(vocabulary / 32)]."""
        padded = np.zeros(-(-len(self.tokens) // 32) * 32, dtype=np.bool_)
        padded[self.allowed_ids(state)] = True
        return np.packbits(padded, bitorder="little").view(np.uint32)

    def state_after(self, tokens: Sequence[int]) -> bytes:
        """The bytes of the character that a text of these tokens leaves open, if it can become an allowed one.

        Any tokens, allowed or not; the last three are enough. Cost: 1 µs.
        """
        text = b"".join(self._text(token) for token in tokens[-TAIL_BYTES:])
        return self._characters.open_after(text)

    def _text(self, token: int) -> bytes:
        data = self.tokens[token] if 0 <= token < len(self.tokens) else None
        return SPECIAL if data is None else data

    def _built(self, state: bytes) -> list[int]:
        if state:  # an open character can only be gone on with
            return self._fitting(self.continuing, state)
        return sorted({*self._fitting(range(len(self.tokens)), b""), *self._always})

    def _fitting(self, tokens: Sequence[int], state: bytes) -> list[int]:
        return [
            token
            for token in tokens
            if (data := self.tokens[token]) and self._characters.rest_after(state + data) is not None
        ]
