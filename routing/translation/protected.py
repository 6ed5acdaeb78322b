"""Takes out of a text what must come through a translation byte for byte, and puts it back."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.errors import StructureLost
from routing.translation.spans import LETTER, spans_of

_OWN_MARK = re.compile(r"\[\[(\d{1,9})\]\]")
_MARK = re.compile(
    r"(?:\[\[|［［|⟦|〚|【【|\\\[\\\[)\s*(?P<whole>\d{1,9})\s*(?:\]\]|］］|⟧|〛|】】|\\\]\\\])"
    r"|(?:\[\[?|［|【)\s*(?P<half>\d{1,9})\s*(?:\]\]?|］|】)"
)

# A translation without its marks is lost: looking for each of thousands of spans in it would take seconds.
_SOUGHT = 50


@dataclass(frozen=True, slots=True)
class Protected:
    """A text with marks in place of what was taken out.

    text: with marks like ``[[1]]``, none of which was in the original.
    spans: what was taken out, in order. first: the number of the first mark.
    """

    text: str
    spans: tuple[str, ...]
    first: int

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks, in the order of their spans."""
        return tuple(f"[[{number}]]" for number in self.by_number)

    @property
    def by_number(self) -> dict[int, str]:
        """The spans by the numbers of their marks."""
        return dict(enumerate(self.spans, self.first))

    @property
    def has_prose(self) -> bool:
        """Whether anything is left to translate."""
        return any(character.isalpha() for character in _OWN_MARK.sub("", self.text))


def protect(text: str) -> Protected:
    """Marks for code, links, mail addresses, JSON, maths, HTML, placeholders, and numbers with their units.

    Time grows with the text's length, whatever it holds.
    """
    [protected] = protect_each([text])
    return protected


def protect_each(texts: Sequence[str]) -> list[Protected]:
    """Each text by itself, so that code left open in one does not go on in the next; all with marks of their own."""
    places = [list(spans_of(text)) for text in texts]
    first = _first_free("\n".join(texts), sum(map(len, places)))
    protected = []
    for text, spans in zip(texts, places, strict=True):
        protected.append(_with_marks(text, spans, first))
        first += len(spans)
    return protected


def _with_marks(text: str, places: Sequence[tuple[int, int]], first: int) -> Protected:
    pieces: list[str] = []
    end = 0
    for number, (start, stop) in enumerate(places, first):
        pieces += [text[end:start], f"[[{number}]]"]
        end = stop
    return Protected("".join([*pieces, text[end:]]), tuple(text[start:stop] for start, stop in places), first)


def restore(translated: str, protected: Protected) -> str:
    """The translated text with every span back in its place, byte for byte.

    A mark may come back with digits of another script, in other brackets, or with blanks in it; and a span that stands
    there itself, not as a part of something longer, needs no mark. Raises `StructureLost` where a span is missing or
    its mark stands there twice, and for marks that nobody gave.
    """
    spans = protected.by_number
    halves = _halves_that_count(translated, spans)
    found = Counter(
        number for match in _MARK.finditer(translated) if (number := _number(match, halves)) is not None
    )
    missing = _missing({number: span for number, span in spans.items() if not found[number]}, translated)
    doubled = sum(found[number] > 1 for number in spans)
    foreign = len(found.keys() - spans.keys())
    if missing or doubled or foreign:
        raise StructureLost(
            f"Of {len(spans)} pieces that a translation must keep as they are, {missing} are missing and {doubled} "
            f"doubled, and {foreign} are there that were not."
        )

    def put_back(match: re.Match[str]) -> str:
        number = _number(match, halves)
        return match[0] if number is None else spans[number]

    return _MARK.sub(put_back, translated)


def _first_free(text: str, count: int) -> int:
    """The smallest number at which a run of ``count`` begins that holds no mark of the text's own."""
    first = 1
    for taken in sorted({int(number) for number in _OWN_MARK.findall(text)}):
        if taken >= first + count:
            break
        first = max(first, taken + 1)
    return first


def _halves_that_count(translated: str, spans: Mapping[int, str]) -> frozenset[int]:
    """Numbers whose marks came back with single brackets: ``[1]`` may be a note too, so only where ``[[1]]`` is not."""
    whole = {int(match["whole"]) for match in _MARK.finditer(translated) if match["whole"]}
    return frozenset(spans.keys() - whole)


def _number(match: re.Match[str], halves: frozenset[int]) -> int | None:
    if match["whole"]:
        return int(match["whole"])
    number = int(match["half"])
    return number if number in halves else None


def _missing(unmarked: Mapping[int, str], translated: str) -> int:
    """How many of the spans that have no mark do not stand in the translation themselves either."""
    wanted = Counter(unmarked.values())
    if len(wanted) > _SOUGHT:
        return len(unmarked)
    return sum(max(0, count - _copies(span, translated)) for span, count in wanted.items())


def _copies(span: str, text: str) -> int:
    """How often a span stands in a text; ``5`` does not stand in ``15``, nor in ``5.2``."""
    before = rf"(?<![{LETTER}\d])(?<!\d[.,:/])" if span[0].isalnum() else ""
    after = rf"(?![{LETTER}\d])(?![.,:/]\d)" if span[-1].isalnum() else ""
    return len(re.findall(before + re.escape(span) + after, text))
