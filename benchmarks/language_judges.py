"""Whom can one ask whether an answer is in its language? Published judges, on what people wrote.

python -m benchmarks.language_judges --data ../shared/data
"""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from benchmarks.detection_sets import language_of
from benchmarks.language_confusion import PassRates, Rate
from routing.detection.cld2_scores import Cld2Scores
from routing.detection.cld3_scores import Cld3Scores
from routing.detection.langid_scores import LangidScores
from routing.language_ranges import same_language

LANGUAGES = ("ar", "hi", "ja", "ko", "ru", "zh")
OWN_JUDGE = "lid.176"
"""The Language Confusion Benchmark's own."""

_GOOD_ENOUGH = 0.995
_RELATIVES = {"ar": "fa", "hi": "mr", "ja": "zh", "ko": "ja", "ru": "uk", "zh": "ja"}

Judges = Mapping[str, PassRates]
"""By name, the benchmark's own first."""


def load_judges(data: Path) -> Judges:
    """The benchmark's own judge in its small form, and three others that were published."""
    return {
        OWN_JUDGE: PassRates(data),
        "py3langid": PassRates(data, LangidScores().score),
        "cld2": PassRates(data, Cld2Scores().score),
        "cld3": PassRates(data, Cld3Scores().score),
    }


def fit_judge(judges: Judges, language: str, texts: Sequence[str]) -> str:
    """Whom to ask about a language, settled by other texts than the answers to be judged.

    The benchmark's own judge, where 99.5% of what people wrote passes it; else the one that most of it passes.
    """
    rates = {name: judge.line_pass_rate(texts, language) for name, judge in judges.items()}
    if rates[OWN_JUDGE].share >= _GOOD_ENOUGH:
        return OWN_JUDGE
    return max(rates, key=lambda name: rates[name].share)


def people_wrote(data: Path, language: str) -> list[str]:
    """News, encyclopedia, questions and sums; nothing of the Language Confusion Benchmark."""
    return [
        *_ntrex(data, language),
        *_sib200(data, language),
        *_xquad(data, language),
        *_mgsm(data, language),
    ]


def _ntrex(data: Path, language: str) -> list[str]:
    files = sorted((data / "ntrex").glob("*.txt"))
    mine = [path for path in files if same_language(language_of(path.stem), language)]
    return [line for path in mine for line in path.read_text("utf-8").splitlines()]


def _sib200(data: Path, language: str) -> list[str]:
    with gzip.open(data / "sib200" / "test.tsv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row["text"] for row in rows if _is_in(language, *row["lang"].split("_"))]


def _is_in(language: str, name: str, script: str) -> bool:
    """None of the languages asked about here is written in Latin letters, but the set has Arabic in them."""
    return language_of(name) == language and script != "Latn"


def _xquad(data: Path, language: str) -> list[str]:
    path = data / "xquad" / f"xquad.{language}.jsonl.gz"
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line)["question"] for line in file]


def _mgsm(data: Path, language: str) -> list[str]:
    path = data / "mgsm" / f"mgsm_{language}.tsv"
    if not path.exists():
        return []
    return [line.partition("\t")[0] for line in path.read_text("utf-8").splitlines()]


def _rows(data: Path, judges: Judges, language: str) -> list[str]:
    """Right texts that pass, and texts in a close language that pass too."""
    relative = _RELATIVES[language]
    right, wrong = people_wrote(data, language), people_wrote(data, relative)
    rates: list[tuple[str, Rate, Rate]] = [
        (name, judge.line_pass_rate(right, language), judge.line_pass_rate(wrong, language))
        for name, judge in judges.items()
    ]
    fit = fit_judge(judges, language, right)
    return [
        f"| {language} | {name}{' (asked)' * (name == fit)} | {passed} | {relative}: {taken} |"
        for name, passed, taken in rates
    ]


@click.command(help=__doc__)
@click.option(
    "--data", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of data sets."
)
def main(data: Path) -> None:
    """Prints a table; takes some seconds."""
    judges = load_judges(data)
    print("| language | judge | right texts that pass | texts in a close language that pass |")
    print("|---|---|---|---|")
    for language in LANGUAGES:
        print("\n".join(_rows(data, judges, language)), flush=True)


if __name__ == "__main__":
    main()
