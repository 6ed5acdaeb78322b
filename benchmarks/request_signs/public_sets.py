"""Public sets that a user brings: requests that name a language, and texts that name none."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks.contract_sets import ntrex_lines, tatoeba_lines
from benchmarks.detection_sets import read_sets
from routing.language_ranges import same_language
from routing.request_signs.lexicon import known_languages
from routing.request_signs.signs import RequestSigns, read_signs

_COUNTED = [field.name for field in fields(RequestSigns) if field.name != "target"]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many texts of a set there are, and in how many of them each thing was seen."""

    title: str
    texts: int
    seen: Counter[str]


def public_sets(data: Path) -> Iterator[Counted]:
    """What is read in the sets of a folder, where it has them."""
    yield _naming("Language Confusion, cross-lingual", _cross_lingual(data))
    yield _naming("m-IFEval, response language", _response_language(data))
    yield _naming("m-IFEval, other instructions (some name a language too)", _other_instructions(data))
    yield _naming("Language Confusion, monolingual", _monolingual(data))
    sets = read_sets(data, "second")
    for title in ("XQuAD questions", "XCOPA premises", "English commands", "Hinglish commands"):
        yield _naming(title, ((one.language, one.text, None) for one in sets[title]))
    yield _naming("NTREX, sentences", _naming_none(ntrex_lines(data)))
    yield _naming("Tatoeba, sentences", _naming_none(tatoeba_lines(data, set(known_languages()))))


def _naming_none(lines: Mapping[str, list[str]]) -> Iterator[tuple[str, str, str | None]]:
    return ((tag, text, None) for tag, texts in lines.items() for text in texts)


def _naming(title: str, texts: Iterable[tuple[str, str, str | None]]) -> Counted:
    """Reads texts in a language, each with the language that it asks for, if any."""
    number = 0
    seen: Counter[str] = Counter()
    for language, text, owed in texts:
        number += 1
        signs = read_signs(text, language)
        seen[_verdict(signs.target, owed)] += 1
        seen.update(sign for sign in _COUNTED if getattr(signs, sign))
    return Counted(title, number, seen)


def _verdict(target: str | None, owed: str | None) -> str:
    if target is None:
        return "language missed" if owed else "rightly no language"
    if owed is None:
        return "false alarm"
    return "language right" if same_language(target, owed) else "another language"


def _cross_lingual(data: Path) -> Iterator[tuple[str, str, str | None]]:
    """The prompts are English, and each asks for the language of its file."""
    for path in sorted((data / "language_confusion/test_sets/crosslingual").glob("*/*.csv")):
        for row in _rows(path):
            yield "en", row["prompt"], row["language"]


def _monolingual(data: Path) -> Iterator[tuple[str, str, str | None]]:
    for path in sorted((data / "language_confusion/test_sets/monolingual").glob("*/*.csv")):
        for row in _rows(path):
            yield path.stem, row["prompt"], None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _response_language(data: Path) -> Iterator[tuple[str, str, str | None]]:
    for language, prompt, owed in _instructions(data):
        if owed:
            yield language, prompt, owed


def _other_instructions(data: Path) -> Iterator[tuple[str, str, str | None]]:
    for language, prompt, owed in _instructions(data):
        if not owed:
            yield language, prompt, None


def _instructions(data: Path) -> Iterator[tuple[str, str, str | None]]:
    for path in sorted((data / "m_ifeval").glob("*_input_data.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            asked = [options["language"] for options in row["kwargs"] if "language" in options]
            yield path.name[:2], row["prompt"], asked[0] if asked else None
