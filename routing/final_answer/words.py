"""What words answers are announced and given with, by language: the table in words.tsv."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from routing.final_answer.plain import plain


@dataclass(frozen=True, slots=True)
class Words:
    """Words of all languages together, in the form that `plain` gives; longest first, so that the longest is found.

    answer: what announces an answer ("the answer"). copulas: what may stand between it and the answer ("is").
    option: what may stand before a choice. yes, no: also right and wrong, true and false.
    """

    answer: tuple[str, ...]
    copulas: tuple[str, ...]
    option: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]


@cache
def answer_words() -> Words:
    """The words of every language in the table. Read once, in a few milliseconds."""
    text = resources.files("routing.final_answer").joinpath("words.tsv").read_text("utf-8")
    _head, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    _languages, *columns = zip(*rows, strict=True)
    return Words(*map(_words, columns))


def _words(column: tuple[str, ...]) -> tuple[str, ...]:
    words = {plain(word) for cell in column for word in cell.split("|") if word}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
