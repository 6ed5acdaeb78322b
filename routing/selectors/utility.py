"""What a candidate is worth to MBR: how alike it is to everything else that was said."""

from collections.abc import Sequence
from math import fsum


def utilities(likeness: Sequence[Sequence[float]]) -> list[float]:
    """For each candidate its mean likeness to all texts but itself; 1 where there is no other.

    likeness: [candidates, texts], 0 to 1; the candidates are the first of the texts. Equal rows in any order of the
    texts have equal utilities to the last bit, so that a tie is a tie.
    """
    return [_mean_without(place, row) for place, row in enumerate(likeness)]


def _mean_without(place: int, row: Sequence[float]) -> float:
    others = [*row[:place], *row[place + 1 :]]
    return fsum(others) / len(others) if others else 1.0
