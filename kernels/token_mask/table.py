"""The masks of one tokenizer and one set of characters, built when they are first wanted."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kernels.token_mask.characters import CharacterSet

Bits: TypeAlias = npt.NDArray[np.uint32]
"""One bit for each token, the lowest of each word first, as vLLM's and xgrammar's bitmasks have it."""


class MaskTable:
    """Masks by state for one vocabulary.

    tokens: what each token stands for, in bytes; None for tokens that stand for no text.
    always: ids that are allowed wherever a text may end: the end of the sequence and its like.

    The first mask costs about a second for 150,000 tokens; that of a state, a few milliseconds more.
    """

    def __init__(
        self, tokens: Sequence[bytes | None], characters: CharacterSet, always: Sequence[int]
    ) -> None:
        self._tokens = tokens
        self._characters = characters
        self._always = tuple(always)
        self._continuing = [token for token, data in enumerate(tokens) if data and 0x80 <= data[0] < 0xC0]
        self._masks: dict[bytes, npt.NDArray[np.bool_]] = {}

    def allowed(self, state: bytes = b"") -> npt.NDArray[np.bool_]:
        """Which tokens may come next, shape [vocabulary], not to be changed; ``state`` is what `next_state` gave."""
        if state not in self._masks:
            self._masks[state] = self._built(state)
        return self._masks[state]

    def packed(self, state: bytes = b"") -> Bits:
        """The same in 32-bit words, shape [ceil(vocabulary / 32)]."""
        mask = self.allowed(state)
        padded = np.zeros(-(-len(mask) // 32) * 32, dtype=np.bool_)
        padded[: len(mask)] = mask
        return np.packbits(padded, bitorder="little").view(np.uint32)

    def next_state(self, state: bytes, token: int) -> bytes:
        """The state after a token; after one that was not allowed, that of a text which begins anew."""
        data = self._tokens[token] if token < len(self._tokens) else None
        rest = None if data is None else self._characters.rest_after(state + data)
        return rest or b""

    def _built(self, state: bytes) -> npt.NDArray[np.bool_]:
        mask = np.zeros(len(self._tokens), dtype=np.bool_)
        if state:  # an open character can only be gone on with
            mask[self._fitting(self._continuing, state)] = True
            return mask
        mask[self._fitting(range(len(self._tokens)), b"")] = True
        mask[list(self._always)] = True
        return mask

    def _fitting(self, tokens: Sequence[int], state: bytes) -> list[int]:
        return [
            token
            for token in tokens
            if (data := self._tokens[token]) and self._characters.rest_after(state + data) is not None
        ]


def open_bytes(table: MaskTable, tokens: Sequence[int], state: bytes = b"") -> bytes:
    """The state after several tokens."""
    for token in tokens:
        state = table.next_state(state, token)
    return state
