"""Where a long paragraph may be cut: at the ends of sentences, in every script."""

import re
import unicodedata

LAST_PLACE = 1200
"""Characters of a paragraph after which it is cut nowhere."""

_LONG = 400
_AT_LEAST = 200

_CLOSERS = r"[\"'”’»)\]」』）*_]*+"
# Marks that end a sentence only before a blank; marks that end one wherever they stand; and Thai and Lao, which have
# none and put blanks between sentences alone. What follows the blanks must be there: it may join to them.
_SENTENCE_END = re.compile(
    rf"(?:(?<![.!?…])[.!?…؟۔।॥჻།᠃]++{_CLOSERS}\s++(?=\S)"
    rf"|[。！？｡።፧။។៕։]++{_CLOSERS}\s*+(?=\S)"
    r"|(?<=[\u0e00-\u0eff])\s++(?=[\u0e00-\u0eff]))"
)
_DOLLAR = re.compile(r"\$(?!\d)")  # not that of a price
_BLANKS = re.compile(r"\s++(?=\S)")


def cut_place(paragraph: str) -> int | None:
    """Where to cut a paragraph that is still being written; None where it is short or has no place.

    The place depends on nothing after the character that follows it, so it is the same however the text arrives. It is
    never within a grapheme, code, maths or brackets. A paragraph without sentences is cut at blanks when it is very
    long, and not at all where it has no blanks either.
    """
    if len(paragraph) <= _LONG:
        return None
    place = _first_good(_SENTENCE_END, paragraph, _AT_LEAST)
    if place is None and len(paragraph) > LAST_PLACE:
        place = _first_good(_BLANKS, paragraph, _LONG)
    return place


def _first_good(ends: re.Pattern[str], paragraph: str, start: int) -> int | None:
    places = (match.end() for match in ends.finditer(paragraph, start, LAST_PLACE + 1))
    return next((place for place in places if _may_cut(paragraph, place)), None)


def _may_cut(paragraph: str, place: int) -> bool:
    following = paragraph[place]
    if following.islower() and paragraph[:place].rstrip().endswith("."):
        return False  # an abbreviation
    return unicodedata.category(following) not in {"Mn", "Mc", "Me", "Cf"} and _is_closed(paragraph[:place])


def _is_closed(text: str) -> bool:
    """Whether no code, maths, emphasis or bracket is open at the end of the text."""
    return (
        all(text.count(mark) % 2 == 0 for mark in ("`", "**"))
        and len(_DOLLAR.findall(text)) % 2 == 0
        and all(
            text.count(opening) <= text.count(closing) for opening, closing in ("[]", "()", "（）", "「」")
        )
    )
