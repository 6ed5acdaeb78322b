"""Two made-up languages with a word for every word of the other: one common, called English, and a rare one.

General text is sentences of random content, subject verb object in English and subject object verb in the rare one. The
task is to know facts: a number for each attribute of each noun, drawn once, with nothing to derive them from. English
is taught all facts and the rare language half of them, so for the others a model must use in the rare language what it
has learned in English. Some texts mix both languages, as people who speak both do. The rare language's words have
another script.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

Language = Literal["en", "qaa"]
"""English's tag, and one that is kept for private use."""

RARE: Language = "qaa"
NUMBERS = 20
TRIPLE = 3
"""Words of a fact, and of a translation; the last is the one that the others tell."""
_NOUNS, _VERBS, _ADJECTIVES, _ATTRIBUTES = 40, 20, 20, 16
_TAUGHT_SHARE = 0.5
_TRIPLES = 5
_FACTS_SEED = 7
_TRANSLATION = "="
# Of texts: sentences in English, in rare; translations; facts in English, in rare, in both mixed.
_SHARES = (0.26, 0.04, 0.06, 0.54, 0.05, 0.05)
_SPELLING = str.maketrans("abcdeijmnortuv", "абкдеижмнортув")


@dataclass(frozen=True, slots=True)
class Fact:
    """A question of the task, and its answer."""

    attribute: int
    noun: int
    number: int

    @property
    def identity(self) -> str:
        """The same in both languages."""
        return f"{self.attribute}-{self.noun}"

    def question(self, language: Language) -> str:
        """Ends where the answer must come."""
        return f"{word(language, f'attribute{self.attribute}')} {word(language, f'noun{self.noun}')}"

    def answer(self, language: Language) -> str:
        """One word."""
        return word(language, f"number{self.number}")

    def told(self, language: Language) -> str:
        """Question and answer: `TRIPLE` words."""
        return f"{self.question(language)} {self.answer(language)}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text to learn from, of 15 words. of_triples: only the last word of each three can be known."""

    text: str
    of_triples: bool


def word(language: Language, meaning: str) -> str:
    """The word of a language."""
    return meaning if language == "en" else meaning.translate(_SPELLING)


def meanings() -> list[str]:
    """All that has a word, which is its English one."""
    kinds = (
        ("number", NUMBERS),
        ("noun", _NOUNS),
        ("verb", _VERBS),
        ("adjective", _ADJECTIVES),
        ("attribute", _ATTRIBUTES),
    )
    return [f"{kind}{number}" for kind, count in kinds for number in range(count)]


def vocabulary() -> list[str]:
    """Every word of both, and the sign between translations."""
    languages: tuple[Language, ...] = ("en", RARE)
    return [_TRANSLATION, *(word(language, meaning) for language in languages for meaning in meanings())]


def all_facts() -> list[Fact]:
    """All 640, the same every time."""
    numbers = np.random.default_rng(_FACTS_SEED).integers(0, NUMBERS, _ATTRIBUTES * _NOUNS).tolist()
    pairs = product(range(_ATTRIBUTES), range(_NOUNS))
    return [Fact(attribute, noun, number) for (attribute, noun), number in zip(pairs, numbers, strict=True)]


def taught_in_rare(seed: int) -> list[Fact]:
    """The facts that the rare language is taught."""
    facts = all_facts()
    drawn = np.random.default_rng(seed).choice(len(facts), int(_TAUGHT_SHARE * len(facts)), replace=False)
    return [facts[place] for place in drawn]


def sentences(noise: np.random.Generator) -> dict[Language, str]:
    """Three sentences of the same content, in each language."""
    content = [_clause(noise) for _ in range(3)]
    return {
        "en": " ".join(word("en", each) for s, v, o in content for each in (*s, v, *o)),
        RARE: " ".join(word(RARE, each) for s, v, o in content for each in (*s[::-1], *o[::-1], v)),
    }


def tell(facts: list[Fact], language: Language, noise: np.random.Generator) -> str:
    """Some of the facts, one after another."""
    return " ".join(facts[place].told(language) for place in noise.integers(0, len(facts), _TRIPLES).tolist())


def lessons(seed: int) -> Iterator[Lesson]:
    """Without end, in the shares above: general text and facts, mostly English."""
    noise = np.random.default_rng(seed)
    facts, taught = all_facts(), taught_in_rare(seed)
    while True:
        kind = int(noise.choice(len(_SHARES), p=_SHARES))
        if kind < 2:
            yield Lesson(sentences(noise)["en" if kind == 0 else RARE], of_triples=False)
        else:
            yield Lesson(_triples(kind, facts, taught, noise), of_triples=True)


def _triples(kind: int, facts: list[Fact], taught: list[Fact], noise: np.random.Generator) -> str:
    if kind == 2:
        return _translations(noise)
    if kind == 3:
        return tell(facts, "en", noise)
    return tell(taught, RARE, noise) if kind == 4 else _mixed(facts, noise)


def _mixed(facts: list[Fact], noise: np.random.Generator) -> str:
    """Facts with one word of the question in each language, as those who speak both may mix them."""
    told = []
    for place in noise.integers(0, len(facts), _TRIPLES).tolist():
        order: tuple[Language, Language] = ("en", RARE) if noise.integers(2) else (RARE, "en")
        attribute, noun = (facts[place].question(tag).split()[n] for n, tag in enumerate(order))
        told.append(f"{attribute} {noun} {facts[place].answer(order[1])}")
    return " ".join(told)


def _clause(noise: np.random.Generator) -> tuple[tuple[str, str], str, tuple[str, str]]:
    def thing() -> tuple[str, str]:
        return f"adjective{noise.integers(_ADJECTIVES)}", f"noun{noise.integers(_NOUNS)}"

    return thing(), f"verb{noise.integers(_VERBS)}", thing()


def _translations(noise: np.random.Generator) -> str:
    known = meanings()
    drawn = [known[place] for place in noise.integers(0, len(known), _TRIPLES).tolist()]
    return " ".join(f"{word(RARE, each)} {_TRANSLATION} {word('en', each)}" for each in drawn)
