"""The texts that language detection is measured on: public sets that a user brings, and small ones of our own."""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from routing.detection.labels import language_of_label

OWN = Path(__file__).parent / "data"

# NTREX names its files by ISO 639-3, with a script or region where it has several of a language.
_NTREX = {
    "zho-CN": "zh-Hans",
    "zho-TW": "zh-Hant",
    "srp-Cyrl": "sr-Cyrl",
    "srp-Latn": "sr-Latn",
}  # fmt: skip
_CUT_BY_CHARACTER = frozenset({"zh-Hans", "zh-Hant", "ja", "th", "lo", "km", "my"})
_CHARACTERS = {3: 5, 6: 10, 12: 20}
_UNKNOWN_TO_LID176 = {"hau": "ha", "ibo": "ig", "kin": "rw", "xho": "xh", "yor": "yo", "zul": "zu"}
_LAYOUTS = (
    "{question}\n{code}",
    "{code}\n\n{question}",
    "{question} {code}",
    "{question}\n\n```\n{code}\n```",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with the BCP-47 tag of its language; ``mul`` for one in two languages, ``und`` for code."""

    language: str
    text: str


Sets = Mapping[str, Sequence[Sample]]
"""The samples of each set, by a name that tells what it is."""


def read_sets(data: Path, half: str) -> Sets:
    """All sets. half: ``first`` for what the detector was tuned on, ``second`` for what was left out."""
    ntrex = {words: list(_ntrex(data, words)) for words in (3, 6, 12)}
    sets = {f"NTREX, {words} words": _halves(samples, half) for words, samples in ntrex.items()}
    sets["ha ig rw xh yo zu, 12 words"] = _every_other(_african(data), half)
    sets["Language Confusion prompts"] = _every_other(_prompts(data), half)
    sets["XQuAD questions"] = _every_other(_xquad(data), half)
    sets["XCOPA premises"] = _every_other(_xcopa(data), half)
    sets["single words"] = _every_other(_short(data, "single-words"), half)
    sets["word pairs"] = _every_other(_short(data, "word-pairs"), half)
    sets["English commands"] = _commands(data, "en_query", "en", half)
    sets["Hinglish commands"] = _commands(data, "cs_query", "hi-Latn", half)
    sets["half English, half another"] = _made_half_and_half(ntrex[6], half)
    return sets | _own_sets()


def language_of(name: str) -> str:
    """The tag of one of NTREX's file names."""
    return _NTREX.get(name) or language_of_label(name.replace("-", "_"))


def _own_sets() -> dict[str, list[Sample]]:
    questions = [Sample(row["language"], row["text"]) for row in _table(OWN / "questions.tsv")]
    snippets = [json.loads(line)["code"] for line in (OWN / "snippets.jsonl").read_text("utf-8").splitlines()]
    return {
        "question and code (own)": [
            Sample(question.language, layout.format(question=question.text, code=code))
            for question in questions
            for code in snippets
            for layout in _LAYOUTS
        ],
        "code alone (own)": [Sample("und", code) for code in snippets],
        "romanised (own)": [Sample(row["language"], row["text"]) for row in _table(OWN / "romanised.tsv")],
        "half and half (own)": [Sample("mul", row["text"]) for row in _table(OWN / "half_and_half.tsv")],
    }


def _halves(samples: Sequence[tuple[bool, Sample]], half: str) -> list[Sample]:
    return [sample for is_first, sample in samples if is_first == (half == "first")]


def _every_other(samples: Iterable[Sample], half: str) -> list[Sample]:
    return list(islice(samples, 0 if half == "first" else 1, None, 2))


def _ntrex(data: Path, words: int) -> Iterator[tuple[bool, Sample]]:
    """Each line, cut, with whether it is in the first half of its file."""
    for path in sorted((data / "ntrex").glob("*.txt")):
        language = language_of(path.stem)
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            yield number < len(lines) // 2, Sample(language, _cut(line.strip(), language, words))


def _cut(line: str, language: str, words: int) -> str:
    if language in _CUT_BY_CHARACTER:
        return line[: _CHARACTERS[words]]
    return " ".join(line.split()[:words])


def _made_half_and_half(ntrex: Sequence[tuple[bool, Sample]], half: str) -> list[Sample]:
    """Six words of English and six of another language, either first; lines that are shorter are left out."""
    lines: dict[str, list[str]] = {}
    for sample in _halves(ntrex, half):
        lines.setdefault(sample.language, []).append(sample.text)
    made = []
    for language, texts in lines.items():
        if language != "en" and language not in _CUT_BY_CHARACTER:
            for number, (english, other) in enumerate(zip(lines["en"][1:], texts, strict=False)):
                if min(len(english.split()), len(other.split())) == 6:
                    pair = (english, other) if number % 2 else (other, english)
                    made.append(Sample("mul", " ".join(pair)))
    return made


def _african(data: Path) -> Iterator[Sample]:
    with gzip.open(data / "sib200" / "test.tsv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            language = _UNKNOWN_TO_LID176.get(row["lang"].partition("_")[0])
            if language:
                yield Sample(language, " ".join(row["text"].split()[:12]))


def _prompts(data: Path) -> Iterator[Sample]:
    for path in sorted((data / "language_confusion" / "test_sets" / "monolingual").glob("*/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Sample(row["language"], row["prompt"])


def _xquad(data: Path) -> Iterator[Sample]:
    for path in sorted((data / "xquad").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield Sample(path.name.split(".")[1], json.loads(line)["question"])


def _xcopa(data: Path) -> Iterator[Sample]:
    for path in sorted((data / "xcopa").glob("val.??.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            yield Sample(path.name.split(".")[1], json.loads(line)["premise"])


def _short(data: Path, kind: str) -> Iterator[Sample]:
    for row in _table(data / "lid_short" / "short.tsv"):
        if row["kind"] == kind:
            yield Sample(language_of(row["lang"]), row["text"])


def _commands(data: Path, column: str, language: str, half: str) -> list[Sample]:
    rows = list(_table(data / "hinglish_top" / "validation.tsv"))
    middle = len(rows) // 2
    chosen = rows[:middle] if half == "first" else rows[middle:]
    return [Sample(language, row[column]) for row in chosen]


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
