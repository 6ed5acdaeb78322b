"""How often a detection is right, by what it rests on: the confidence that is reported.

The tables are frequencies: how many detections of a strength were right, of the first half of the lines of
NTREX, cut to 3, 6 and 12 words, and of every other line of the other sets that benchmarks/detection.py reads.
The benchmark draws the reliability on the halves that were left out (docs/detection.md).
"""

from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum


class Evidence(Enum):
    """What a detection rests on."""

    SCRIPT = "characters that one language alone is written in"
    HAN = "a few Han characters, most likely Chinese"
    ROMANISED = "function words of a romanised language"
    AGREEMENT = "fastText and CLD2 say the same"
    VOTE = "the weight of all models, words and letters"


_Line = Sequence[tuple[float, float]]
"""Points (strength, frequency of being right), between which lines are drawn."""

# By the number of words, up to and with the first number of a row: the same strength is worth less for one word.
_MANY = 1_000_000
_FREQUENCIES: dict[Evidence, Sequence[tuple[int, _Line]]] = {
    Evidence.SCRIPT: [(_MANY, [(1.0, 0.999)])],
    Evidence.HAN: [(_MANY, [(1.0, 0.97)])],
    Evidence.ROMANISED: [(2, [(1.0, 0.5)]), (5, [(1.0, 0.95)]), (_MANY, [(1.0, 0.99)])],
    Evidence.AGREEMENT: [
        (1, [(0.50, 0.62), (0.75, 0.66), (0.85, 0.88), (0.95, 0.92), (1.0, 0.99)]),
        (5, [(0.50, 0.80), (0.65, 0.84), (0.75, 0.93), (0.85, 0.95), (0.95, 0.98), (1.0, 0.999)]),
        (_MANY, [(0.50, 0.88), (0.65, 0.95), (0.75, 0.96), (0.85, 0.98), (0.95, 0.995), (1.0, 0.999)]),
    ],
    Evidence.VOTE: [
        (1, [(0.0, 0.05), (0.22, 0.2), (0.32, 0.31), (0.48, 0.52), (0.65, 0.67), (0.85, 0.96), (1.0, 0.99)]),
        (5, [(0.0, 0.05), (0.22, 0.3), (0.32, 0.44), (0.48, 0.71), (0.65, 0.92), (0.85, 0.99), (1.0, 0.999)]),
        (
            _MANY,
            [(0.0, 0.1), (0.22, 0.4), (0.32, 0.6), (0.48, 0.84), (0.65, 0.98), (0.85, 0.998), (1.0, 0.999)],
        ),
    ],
}


def confidence(evidence: Evidence, strength: float, words: int) -> float:
    """How often a detection on such evidence was right, 0 to 1.

    strength: of the evidence, 0 to 1, as `Verdict` has it; 1 for evidence without degrees.
    words: in the text.
    """
    line = next(line for most, line in _FREQUENCIES[evidence] if words <= most)
    return _height(line, strength)


def _height(line: _Line, at: float) -> float:
    """The height of a line of points at a place; flat before the first and after the last."""
    index = bisect_right(line, (at, 1.0))
    if index == 0:
        return line[0][1]
    if index == len(line):
        return line[-1][1]
    (left, low), (right, high) = line[index - 1], line[index]
    return low + (high - low) * (at - left) / (right - left)
