"""Wraps text as data for a prompt, in tags that the text cannot close."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from routing.errors import StructureLost

_TAIL = 200  # characters: some times the length of a tag, however it is spelt


@dataclass(frozen=True, slots=True)
class Fenced:
    """A text between two tags, neither of which is in it, however it is spelt."""

    opening: str
    closing: str
    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that stands in a text: where, and its name as it was given out."""

    name: str
    is_closing: bool
    start: int
    end: int


def fence(text: str) -> Fenced:
    """The text on lines of its own between the only opening and the only closing tag of its kind."""
    tag = free_tag(text, "text")
    opening, closing = f"<{tag}>", f"</{tag}>"
    return Fenced(opening, closing, f"{opening}\n{text}\n{closing}")


def unfence(answer: str, fenced: Fenced) -> str:
    """What a model said between the tags; all of it where it left them out. Line ends next to a tag are the tag's.

    A tag that is there several times counts once: the text begins after the openings that come first, and ends before
    the first closing. Raises `StructureLost` where it is opened again in the midst of the text: which part is meant is
    not known, and the tag must not be taken for a part.
    """
    start, end = 0, len(answer)
    for tag in tags_in(answer, fenced.opening[1:-1]):
        if tag.is_closing:
            end = tag.start
            break
        if start and answer[start : tag.start].strip():
            raise StructureLost("The model began its answer a second time.")
        start = tag.end
    blank = re.compile(r"[^\S\n]*\n") if start else re.compile("")
    found = blank.match(answer, start, end)
    inner = answer[found.end() if found else start : end]
    return re.sub(r"\n[^\S\n]*\Z", "", inner) if end < len(answer) else inner


def goes_on_after(answer: str, fenced: Fenced) -> bool:
    """Whether a model has closed the fence and says more: nothing that comes now changes what `unfence` returns.

    Looks at the end of what was said so far, so that asking again with each token costs little.
    """
    end = answer[-_TAIL:]
    closed = next((tag.end for tag in tags_in(end, fenced.opening[1:-1]) if tag.is_closing), None)
    return closed is not None and not end[closed:].isspace() and closed < len(end)


def tags_in(answer: str, name: str) -> Iterator[Tag]:
    """The tags of this name in a model's answer; ``name`` ends in numbers: ``text-1``.

    Case, blanks and the script of digits are the model's.
    """
    word, *numbers = name.split("-")
    pattern = rf"<\s*+(/?)\s*+{word}" + r"-(\d{1,9})" * len(numbers) + r"\s*+>"
    for match in re.finditer(pattern, answer, re.IGNORECASE):
        if [int(number) for number in match.groups()[1:]] == [int(number) for number in numbers]:
            yield Tag(name, bool(match[1]), *match.span())


def free_tag(text: str, word: str) -> str:
    """``word-1``, or with the first number for which nothing like it is in the text.

    Likeness: compatibility forms, case, the script of digits, and everything between letters and digits do not count,
    so ``＜/ Text – १ ＞`` and letters with zero-width characters between them are like ``text-1``.
    """
    taken = {
        run[:length] for run in re.findall(rf"{word}([0-9]{{1,9}})", _folded(text)) for length in range(1, 10)
    }
    return f"{word}-{next(number for number in count(1) if str(number) not in taken)}"


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return "".join(map(_plain_digit, filter(str.isalnum, compatible)))


def _plain_digit(character: str) -> str:
    return str(unicodedata.digit(character)) if character.isdigit() else character
