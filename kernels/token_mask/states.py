"""Every state of a table as a number, so that a device can follow a text from state to state by looking up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.token_mask.characters import CharacterSet, size_of

NOTHING = 256
"""Stands for no byte: it leaves the state as it is."""

TAIL_BYTES = 3
"""The most bytes that an open character can have: those before do not tell the state."""

SPECIAL = b" "
"""What a token without text is taken for: it leaves no character open."""


@dataclass(frozen=True, slots=True)
class TableStates:
    """State 0 is that between characters; each beginning of an allowed character is another, in the order of bytes.

    steps: [states, 257] int32: the state after each byte, and after `NOTHING`.
    goes_on: [states, tokens] bool: which of the tokens that begin within a character fit each state; in state 0 none.
    """

    steps: npt.NDArray[np.int32]
    goes_on: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, characters: CharacterSet, continuing: Sequence[bytes]) -> "TableStates":
        """States of these characters, for tokens of these bytes. Cost: 0.1 s for the 1,656 of Chinese."""
        states = [b"", *sorted(characters.beginnings)]
        return cls(_steps(states), _goes_on(states, characters, continuing))


def token_tails(tokens: Sequence[bytes | None]) -> npt.NDArray[np.int32]:
    """[tokens + 1, 3]: the last bytes of each token, and of one without text; `NOTHING` where there are fewer.

    Cost: 0.1 s for 262,000 tokens.
    """
    ends = [(SPECIAL if token is None else token)[-TAIL_BYTES:] for token in [*tokens, None]]
    padded = b"".join(end.rjust(TAIL_BYTES) for end in ends)
    tails = np.frombuffer(padded, np.uint8).reshape(-1, TAIL_BYTES).astype(np.int32)
    lacking = TAIL_BYTES - np.array([len(end) for end in ends])
    return np.where(np.arange(TAIL_BYTES) < lacking[:, None], np.int32(NOTHING), tails)


def _steps(states: Sequence[bytes]) -> npt.NDArray[np.int32]:
    number = {state: place for place, state in enumerate(states)}
    steps = np.zeros((len(states), NOTHING + 1), np.int32)
    steps[:, NOTHING] = np.arange(len(states))
    for state, place in number.items():
        if len(state) == 1:  # begins a character, whatever was open
            steps[:, state[0]] = place
        elif state:
            steps[number[state[:-1]], state[-1]] = place
    return steps


def _goes_on(
    states: Sequence[bytes], characters: CharacterSet, tokens: Sequence[bytes]
) -> npt.NDArray[np.bool_]:
    """State by state would take a minute: tokens that complete a character alike are looked at together."""
    goes_on = np.zeros((len(states), len(tokens)), np.bool_)
    for missing in range(1, TAIL_BYTES + 1):
        open_here = [place for place, state in enumerate(states) if _missing(state) == missing]
        ends = sorted({token[:missing] for token in tokens})
        column = {end: place for place, end in enumerate(ends)}
        fits = [
            [characters.rest_after(states[place] + end) is not None for end in ends] for place in open_here
        ]
        rest_fits = [characters.rest_after(token[missing:]) is not None for token in tokens]
        shape = len(open_here), len(ends)
        of_token = np.array(fits, np.bool_).reshape(shape)[:, [column[token[:missing]] for token in tokens]]
        goes_on[open_here] = of_token & np.array(rest_fits, np.bool_)
    return goes_on


def _missing(state: bytes) -> int:
    """How many bytes complete the open character; 0 where none is open."""
    return size_of(state[0]) - len(state) if state else 0
