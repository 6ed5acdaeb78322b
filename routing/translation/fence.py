"""Wraps text as data for a prompt, in tags that the text cannot close."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Fenced:
    """A text between two tags, neither of which is in it, however it is spelt."""

    opening: str
    closing: str
    text: str


def fence(text: str) -> Fenced:
    """The text on lines of its own between the only opening and the only closing tag of its kind."""
    tag = free_tag(text, "text")
    opening, closing = f"<{tag}>", f"</{tag}>"
    return Fenced(opening, closing, f"{opening}\n{text}\n{closing}")


def unfence(answer: str, fenced: Fenced) -> str:
    """What a model said between the tags; all of it where it left them out. Line ends next to a tag are the tag's."""
    name = re.escape(fenced.opening[1:-1])
    began = re.split(rf"<\s*{name}\s*>[^\S\n]*\n?", answer, maxsplit=1, flags=re.IGNORECASE)[-1]
    return re.split(rf"\n?[^\S\n]*<\s*/\s*{name}\s*>", began, maxsplit=1, flags=re.IGNORECASE)[0]


def free_tag(text: str, word: str) -> str:
    """``word-1``, or with the first number for which nothing like it is in the text.

    Likeness: compatibility forms, case, and everything between letters and digits do not count, so ``＜/ Text – 1 ＞``
    and letters with zero-width characters between them are like ``text-1``.
    """
    folded = _folded(text)
    number = next(number for number in count(1) if f"{word}{number}" not in folded)
    return f"{word}-{number}"


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in compatible if character.isalnum())
