"""The words that signs are read by, from words.yaml, as one pattern for each sign and language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from routing.request_signs.names import ending_of, names_in
from routing.yaml_reader import read_file

Words = Mapping[str, list[str]]

_NEVER = re.compile(r"(?!)")
# Scripts that set no spaces between words have no word ends to look for.
_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "ko", "my", "km", "lo"})
# One letter before the name stands for a preposition, so the name's own beginning is no word's.
_PREFIXED = frozenset({"ar", "he", "am", "zh", "ja", "th"})


@dataclass(frozen=True, slots=True)
class Patterns:
    """What to look for in casefolded text of one language; ``in_language`` has the name in its group ``name``."""

    in_language: re.Pattern[str]
    names: Mapping[str, str]
    answer: re.Pattern[str]
    translate: re.Pattern[str]
    lesson: re.Pattern[str]
    extract: re.Pattern[str]
    greeting: re.Pattern[str]
    local: re.Pattern[str]


@lru_cache(maxsize=64)
def patterns_in(language: str) -> Patterns | None:
    """The patterns of a language; None for one that the file does not have. Blocks for some 50 ms the first time."""
    words = _file().get(language)
    if words is None:
        return None
    names = names_in(language)
    return Patterns(
        in_language=_in_language(words["in"], names, language),
        names=names,
        **{
            sign: _any_of(words.get(sign, ()), language)
            for sign in ("answer", "translate", "lesson", "extract", "greeting", "local")
        },
    )


def known_languages() -> frozenset[str]:
    """The languages that the file has."""
    return frozenset(_file())


def _in_language(forms: Iterable[str], names: Mapping[str, str], language: str) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    name = f"(?P<name>{'|'.join(map(re.escape, longest_first))}){ending_of(language)}"
    begin = "" if language in _PREFIXED else r"(?<!\w)"
    options = [
        begin + form.replace("{}", name.replace("?P<name>", f"?P<name{place}>"))
        for place, form in enumerate(forms)
    ]
    end = "" if language in _WITHOUT_SPACES else r"(?!\w)"
    return re.compile("|".join(f"(?:{option}){end}" for option in options))


def _any_of(words: Iterable[str], language: str) -> re.Pattern[str]:
    words = list(words)
    if not words:
        return _NEVER
    begin = "" if language in _WITHOUT_SPACES | {"ar", "he", "am", "fa"} else r"(?<!\w)"
    return re.compile(f"{begin}(?:{'|'.join(word.casefold() for word in words)})")


@lru_cache(maxsize=1)
def _file() -> dict[str, dict[str, list[str]]]:
    document = read_file(Path(__file__).with_name("words.yaml"))
    return TypeAdapter(dict[str, dict[str, list[str]]]).validate_python(document.value)
