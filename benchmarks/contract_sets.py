"""Answers that the contract is measured on: right ones that look wrong, and broken ones.

They are put together from the sentences in benchmarks/data/contract.tsv, so that each of 43 languages meets each way
of looking wrong.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from benchmarks.detection_sets import OWN, language_of
from routing.contract.kinship import kinship
from routing.detection.tags import primary_language, tag_of_label

_QUOTES = ("“It was the best of times, and nobody in the town knew what would come next.”",
           "«It was the best of times, and nobody in the town knew what would come next.»",
           '"It was the best of times, and nobody in the town knew what would come next."')  # fmt: skip
_CODE = '```python\nfor name in names:\n    print("This is the name of the user: " + name)  # show it to the user\n```'
_BARE_CODE = (
    "import os\n\ndef main(path):\n    return os.listdir(path)\n\nif __name__ == '__main__':\n    main('.')"
)
_BRANDS = "1. Apple\n2. Microsoft\n3. Coca-Cola\n4. Procter & Gamble\n5. Louis Vuitton\n6. Bank of America"
_BOOKS = "- The Catcher in the Rye\n- Pride and Prejudice\n- The Lord of the Rings\n- One Hundred Years of Solitude"
_FORMULA = "$$\\text{the area of a circle is then } A = \\pi r^2$$"
_TABLE = (
    "| Name | Price | In stock |\n|---|---|---|\n| iPhone 15 Pro | $999 | yes |\n| Galaxy S24 | $799 | no |"
)
_JSON = '{"status": "ok", "message": "The order was sent to the customer and will arrive soon", "items": 3}'
_LINKS = "https://en.wikipedia.org/wiki/The_history_of_the_world\nwww.example.com/how-to-make-a-cake-at-home"
_REASONING = (
    "<think>The user wants to know about the city. I should answer in the language of the user.</think>\n"
)
_BULLETS = "- Drink enough water\n- Sleep eight hours\n- Eat more vegetables\n- Walk to the office\n- Avoid the sugar"


@dataclass(frozen=True, slots=True)
class Case:
    """An answer, the BCP-47 tag of the language owed, and what kind of answer it is."""

    owed: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language."""

    greeting: str
    word: str
    terms: str
    plain: tuple[str, ...]
    intro: str
    quoting: str


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, Phrases]:
    """The sentences of each language, by its tag."""
    with (OWN / "contract.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {row["language"]: _phrases(row) for row in rows}


def _phrases(row: Mapping[str, str]) -> Phrases:
    plain = tuple(row["plain"].split(" | "))
    return Phrases(row["greeting"], row["word"], row["terms"], plain, row["intro"], row["quoting"])


def right_answers() -> list[Case]:
    """Answers in the language owed that hold what is not."""
    return [Case(tag, kind, text) for tag, one in phrases().items() for kind, text in _looking_wrong(one)]


def _looking_wrong(one: Phrases) -> Iterator[tuple[str, str]]:
    plain = "\n".join(one.plain)
    yield "greeting", one.greeting
    yield "one word", one.word
    yield "English terms", one.terms
    yield "English terms and prose", f"{one.terms}\n{one.plain[0]}"
    for number, quote in enumerate(_QUOTES):
        yield f"quotation {number}", one.quoting.format(quote=quote)
    yield "code", f"{one.intro}\n\n{_CODE}"
    yield "code first", f"{_CODE}\n\n{one.plain[0]}"
    yield "bare code first", f"{_BARE_CODE}\n\n{one.plain[0]}"
    yield "code alone", _CODE
    yield "brands", f"{one.intro}\n{_BRANDS}"
    yield "book titles", f"{one.intro}\n{_BOOKS}"
    yield "titles alone", _BOOKS
    yield "formula", f"{one.plain[0]}\n{_FORMULA}\n\n42"
    yield "table", f"{one.intro}\n\n{_TABLE}"
    yield "JSON", _JSON
    yield "links", f"{one.intro}\n{_LINKS}"
    yield "reasoning in English", f"{_REASONING}{plain}"
    yield "short lines", _as_verse(one.plain)
    yield "paragraph", " ".join(one.plain) + " " + one.terms


def _as_verse(sentences: tuple[str, ...]) -> str:
    words = " ".join(sentences).split()
    return "\n".join(" ".join(words[start : start + 3]) for start in range(0, len(words), 3))


def broken_answers() -> list[Case]:
    """Answers that are not, or not all, in the language owed. Twins (Norwegian and Danish …) are left out."""
    tags = list(phrases())
    return [case for index, owed in enumerate(tags) for case in _broken(owed, _others(owed, index, tags))]


def _others(owed: str, index: int, tags: list[str]) -> list[str]:
    """English, and four languages more, another four for each language owed."""
    picked = [tags[(index + step) % len(tags)] for step in (1, 7, 13, 22)]
    pairs = {"zh-Hans": "zh-Hant", "zh-Hant": "zh-Hans"}
    wanted = dict.fromkeys(["en", *picked, *([pairs[owed]] if owed in pairs else [])])
    return [tag for tag in wanted if tag != owed and _differ(tag, owed)]


def _differ(one: str, other: str) -> bool:
    alike = kinship(primary_language(one), primary_language(other))
    return alike in ("none", "cousins") or {one, other} == {"zh-Hans", "zh-Hant"}


def _broken(owed: str, others: list[str]) -> Iterator[Case]:
    own = phrases()[owed].plain
    for other in others:
        wrong = phrases()[other].plain
        yield Case(owed, "whole", "\n".join(wrong))
        yield Case(owed, "whole, one paragraph", " ".join(wrong))
        yield Case(owed, "half and half", "\n".join([*own[:2], *wrong[:2]]))
        yield Case(owed, "from line 3 on", "\n".join([own[0], own[1], *wrong, phrases()[other].terms]))
    if owed != "en":
        yield Case(
            owed,
            "whole, with code",
            f"Here is how you can do it in the language:\n\n{_CODE}\n\nI hope it helps.",
        )
        yield Case(owed, "short bullets", _BULLETS)


def romanised_answers() -> list[Case]:
    """Answers in Latin letters where the language's own script is owed."""
    with (OWN / "romanised.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [Case(primary_language(row["language"]), "romanised", row["text"]) for row in rows]


def ntrex_lines(data: Path) -> Mapping[str, list[str]]:
    """The sentences of NTREX that nothing was tuned on, by the tag of their language."""
    files = sorted((data / "ntrex").glob("*.txt"))
    return {language_of(file.stem): file.read_text("utf-8").splitlines()[100:] for file in files}


def tatoeba_lines(data: Path, known: set[str]) -> Mapping[str, list[str]]:
    """Sentences of Tatoeba that nothing was tuned on, in the languages that are known."""
    found = {}
    for file in sorted((data / "tatoeba").glob("*.tsv")):
        tag = tag_of_label(file.stem.partition("-")[0])
        if tag in known:
            rows = file.read_text("utf-8").splitlines()[50:]
            found[tag] = [row.partition("\t")[0] for row in rows]
    return found
