"""Which characters a text in a language may hold: what a language mask allows."""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from fontTools.unicodedata import Scripts, script, script_extension

from routing.detection.alphabets import Alphabets
from routing.detection.east_asian import HanTable
from routing.detection.scripts import is_written_in
from routing.detection.tags import primary_language, usual_script
from routing.language import UNDETERMINED

Ranges = tuple[tuple[int, int], ...]
"""Code points, as first and last of each run, ascending."""

_SINGLE_SCRIPTS = {
    "Jpan": frozenset({"Hira", "Kana", "Hani"}),
    "Kore": frozenset({"Hang"}),
    "Hans": frozenset({"Hani"}),
    "Hant": frozenset({"Hani"}),
}
"""Of ISO 15924's codes for a mixture. Korean has Han letters too, but hardly writes them now, and a Chinese word is
what a mask for Korean is to keep out."""

# Many languages share these, and each has letters that the others lack. Elsewhere the script alone tells enough.
_TOLD_APART_BY_LETTERS = frozenset({"Cyrl", "Arab"})
_ACCENTED = frozenset({"Latn", "Cyrl", "Grek"})
_SHARED_BY_ALL = frozenset({"Zyyy", "Zinh"})
_LINE_CONTROLS = "\t\n\r"
# Joiners, the direction marks that right-to-left text needs, and what makes an emoji of a character.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\ufe0e\ufe0f\u20e3"


def scripts_of(language: str, *, latin: bool) -> frozenset[str]:
    """ISO 15924 codes of what a language is written in, Latin among them where it is allowed or usual.

    Empty for a tag that names no language (``und``).
    """
    usual = usual_script(language)
    if usual is None or primary_language(language) == UNDETERMINED:
        return frozenset()
    scripts = _SINGLE_SCRIPTS.get(usual, frozenset({usual}))
    return scripts | {"Latn"} if latin or is_written_in(language, "Latn") else scripts


def has_own_script(language: str) -> bool:
    """Whether a mask can tell the language from most others: it is written in letters that are not Latin."""
    scripts = scripts_of(language, latin=False)
    return bool(scripts) and "Latn" not in scripts


def mask_ranges(language: str, *, latin: bool) -> Ranges:
    """The code points that a text in this language may hold.

    Its letters, their marks and its digits; ASCII digits, punctuation, symbols, spaces and emoji always; Latin
    letters where ``latin`` or the language itself wants them. Letters of scripts that many languages share
    (Cyrillic, Arabic) only if routing/detection/alphabets.tsv has them for this language, where it has the
    language: Russian is held to its 33. Of Han characters, those that routing/detection/han.tsv has for others only
    are left out. Empty for a tag that names no language. Cost: 0.3 s.
    """
    scripts = scripts_of(language, latin=latin)
    if not scripts:
        return ()
    letters = Alphabets().letters(primary_language(language))
    foreign = HanTable().foreign_to(language)
    return _runs(
        point
        for point in _assigned()
        if chr(point) not in foreign and _is_allowed(chr(point), scripts, letters)
    )


def _is_allowed(character: str, scripts: frozenset[str], letters: frozenset[str] | None) -> bool:
    used_in = script_extension(character)
    category = unicodedata.category(character)
    if category[0] == "C" or used_in == {"Zinh"}:
        is_accent = category == "Mn" and "\u0300" <= character <= "\u036f" and bool(scripts & _ACCENTED)
        return is_accent or character in _LINE_CONTROLS or character in _INVISIBLE
    if used_in & scripts:
        return not _is_foreign_letter(character, category, letters)
    return used_in <= _SHARED_BY_ALL and category[0] != "L"


def _is_foreign_letter(character: str, category: str, letters: frozenset[str] | None) -> bool:
    if letters is None or category[0] != "L" or script(character) not in _TOLD_APART_BY_LETTERS:
        return False
    return character not in letters and character.lower() not in letters


def _assigned() -> Iterator[int]:
    starts, ends = Scripts.RANGES, [*Scripts.RANGES[1:], 0x110000]
    for first, end, code in zip(starts, ends, Scripts.VALUES, strict=True):
        if code != "Zzzz":
            yield from range(first, end)


def _runs(points: Iterable[int]) -> Ranges:
    runs = (list(run) for _, run in groupby(enumerate(points), key=lambda pair: pair[1] - pair[0]))
    return tuple((run[0][1], run[-1][1]) for run in runs)
