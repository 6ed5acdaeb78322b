"""Takes out of a text what must come through a translation byte for byte, and puts it back."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from routing.errors import StructureLost

_UNITS = (
    "km/h|m/s|km²|m²|m³|km|cm|mm|nm|kg|mg|µg|ml|kW|MW|GW|kWh|Wh|kHz|MHz|GHz|Hz|KB|MB|GB|TB|KiB|MiB|GiB|ms|µs|min|"
    "hPa|kPa|Pa|°C|°F|°|px|pt|rpm|dB|mol|[mglLhsVWAKNJ]"
)
_LETTER = r"[A-Za-z\u00c0-\u024f\u0370-\u052f_]"
_IN_LINK = r"""[^\s<>"'`\]）」』。，、]"""
_ENDS_LINK = r"""[^\s<>"'`\]）」』。，、.,;:!?)]"""
_SPANS = re.compile(
    rf"""
    (?P<code>```.*?(?:```|\Z) | ~~~.*?(?:~~~|\Z) | (?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
  | (?P<link>(?<![A-Za-z0-9])(?:https?|ftp|file|mailto|tel)://?{_IN_LINK}*{_ENDS_LINK}
      | (?<![A-Za-z0-9])www\.{_IN_LINK}+{_ENDS_LINK})
  | (?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<maths>\$\$.+?\$\$ | \\\(.+?\\\) | \\\[.+?\\\] | (?<![\w$])\$(?![\s$])[^$\n]*?[^\s$]\$(?![\w$]))
  | (?P<html></?[A-Za-z][^<>\n]*> | <!--.*?--> | &(?:[A-Za-z]+|\#\d+);)
  | (?P<placeholder>\{{\{{[^{{}}\n]*\}}\}} | \$?\{{[\w.:!-]*\}}
      | %(?:\(\w+\))?(?:\d+\$)?[-+0\#]?\d*(?:\.\d+)?[sdifgexXc](?!\w))
  | (?P<number>
        (?<!{_LETTER})[-+−±]?[$€£¥₹₽₦฿]?\s?\d+(?:[.,:/٫٬'’\u00a0\u202f-]?\d+)*
        (?:\s?(?:%|٪|[$€£¥₹₽₦฿]|(?:{_UNITS})(?!{_LETTER}|\d)))?
        (?!{_LETTER}|\d)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_ORDINAL = re.compile(r"(?m)^[ \t>]*\d{1,9}[.)](?=\s)")
_OWN_MARK = re.compile(r"\[\[(\d+)\]\]")
_MARK = re.compile(r"(?:\[\[?|［［?|⟦|〚|【)\s*(\d{1,6})\s*(?:\]\]?|］］?|⟧|〛|】)")


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
        return tuple(f"[[{self.first + place}]]" for place in range(len(self.spans)))

    @property
    def has_prose(self) -> bool:
        """Whether anything is left to translate."""
        return any(character.isalpha() for character in _OWN_MARK.sub("", self.text))


def protect(text: str) -> Protected:
    """Marks for code, links, mail addresses, JSON, maths, HTML, placeholders, and numbers with their units.

    The numbers of list items stay: a list is to be seen as one. Linear in the text but for JSON, which is tried at each
    brace outside other spans.
    """
    first = 1 + max((int(number) for number in _OWN_MARK.findall(text)), default=0)
    spans: list[str] = []
    pieces: list[str] = []
    end = 0
    for start, stop in _places(text):
        pieces += [text[end:start], f"[[{first + len(spans)}]]"]
        spans.append(text[start:stop])
        end = stop
    return Protected("".join([*pieces, text[end:]]), tuple(spans), first)


def restore(translated: str, protected: Protected) -> str:
    """The translated text with every span back in its place, byte for byte.

    A mark may come back with digits of another script, in other brackets, or with blanks in it; and a span that stands
    there itself needs no mark. Raises `StructureLost` where a span is missing, or its mark stands there twice.
    """
    last = protected.first + len(protected.spans) - 1
    found = Counter(int(number) for number in _MARK.findall(translated))
    places = {protected.first + place: span for place, span in enumerate(protected.spans)}
    missing = [number for number in places if not found[number] and places[number] not in translated]
    doubled = [number for number in places if found[number] > 1]
    if missing or doubled:
        told = (
            f"{len(missing)} of {len(places)} pieces are missing and {len(doubled)} doubled in a translation"
        )
        raise StructureLost(f"{told} that must keep them as they are.")

    def put_back(match: re.Match[str]) -> str:
        number = int(match[1])
        return places[number] if protected.first <= number <= last else match[0]

    return _MARK.sub(put_back, translated)


def _places(text: str) -> list[tuple[int, int]]:
    """Where the spans are, in order, none within another."""
    ordinals = {match.end() - 1 for match in _ORDINAL.finditer(text)}
    places: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        match = _SPANS.search(text, position)
        data = _json_place(text, position, match.start() if match else len(text))
        if data is not None:
            places.append(data)
            position = data[1]
        elif match is None:
            break
        else:
            if not (match.lastgroup == "number" and match.end() in ordinals):
                places.append(_without_blanks(match))
            position = match.end()
    return places


def _without_blanks(match: re.Match[str]) -> tuple[int, int]:
    whole = match[0]
    return match.start() + len(whole) - len(whole.lstrip()), match.end()


# Brackets nested deeper than anybody writes are not tried one by one: the decoder would go to the bottom each time.
_BRACE = re.compile(r"[{\[](?=\s*[\"{\[\d\-tfn\]}])(?!(?:\s*[{\[]){50})")
_DECODER = json.JSONDecoder()


def _json_place(text: str, start: int, stop: int) -> tuple[int, int] | None:
    """The first object or array of JSON that begins between two places."""
    for match in _BRACE.finditer(text, start):
        if match.start() >= stop:
            break
        value, end = _decoded(text, match.start())
        if value:
            return match.start(), end
    return None


def _decoded(text: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start
