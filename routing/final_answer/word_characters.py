"""What words are made of, for regular expressions: `re` takes vowel signs and other marks for the ends of words."""

import unicodedata
from functools import cache
from itertools import groupby


@cache
def marks() -> str:
    """All combining marks, as the inside of a character class. Takes some 20 ms the first time."""
    points = (point for point in range(0x300, 0x1F000) if unicodedata.category(chr(point))[0] == "M")
    runs = groupby(enumerate(points), key=lambda numbered: numbered[1] - numbered[0])
    return "".join(_span([point for _, point in run]) for _, run in runs)


def _span(run: list[int]) -> str:
    return chr(run[0]) if len(run) == 1 else f"{chr(run[0])}-{chr(run[-1])}"
