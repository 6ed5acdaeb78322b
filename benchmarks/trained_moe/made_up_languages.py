"""Two made-up languages with a word for every word of the other: one common, called English, and a rare one.

General text is sentences of random content, subject verb object in English and subject object verb in the rare one. The
task is arithmetic modulo 10, by number words. Which sums are taught in the rare language is what a model would need
English for: it meets a quarter of them there, and all of them in English.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

Language = Literal["en", "qaa"]
"""English's tag, and one that is kept for private use."""

RARE: Language = "qaa"
NUMBERS = 10
SUMS_A_TEXT = 6
_NOUNS, _VERBS, _ADJECTIVES = 40, 20, 20
_OPERATIONS = ("plus", "minus")
_TAUGHT_SHARE = 0.25
_TRANSLATION = "means"


@dataclass(frozen=True, slots=True)
class Sum:
    """A question of the task."""

    operation: str
    left: int
    right: int

    @property
    def identity(self) -> str:
        """The same in both languages."""
        return f"{self.left}-{self.operation}-{self.right}"

    def question(self, language: Language) -> str:
        """Ends where the answer must come."""
        words = (self.operation, f"n{self.left}", f"n{self.right}", "is")
        return " ".join(word(language, each) for each in words)

    def answer(self, language: Language) -> str:
        """One word."""
        value = self.left + self.right if self.operation == "plus" else self.left - self.right
        return word(language, f"n{value % NUMBERS}")


def word(language: Language, meaning: str) -> str:
    """The word of a language."""
    return f"{language}.{meaning}"


def vocabulary() -> list[str]:
    """Every word of both, and the sign between translations."""
    kinds = (("n", NUMBERS), ("noun", _NOUNS), ("verb", _VERBS), ("adjective", _ADJECTIVES))
    meanings = [f"{kind}{number}" for kind, count in kinds for number in range(count)]
    meanings += [*_OPERATIONS, "is"]
    languages: tuple[Language, ...] = ("en", RARE)
    return [_TRANSLATION, *(word(language, meaning) for language in languages for meaning in meanings)]


def all_sums() -> list[Sum]:
    """All 200."""
    return [Sum(*each) for each in product(_OPERATIONS, range(NUMBERS), range(NUMBERS))]


def taught_in_rare(seed: int) -> frozenset[Sum]:
    """The sums that the rare language is taught by."""
    sums = all_sums()
    drawn = np.random.default_rng(seed).choice(len(sums), int(_TAUGHT_SHARE * len(sums)), replace=False)
    return frozenset(sums[place] for place in drawn)


def sentences(noise: np.random.Generator) -> dict[Language, str]:
    """Three sentences of the same content, in each language."""
    content = [_clause(noise) for _ in range(3)]
    return {
        "en": " ".join(word("en", each) for s, v, o in content for each in (*s, v, *o)),
        RARE: " ".join(word(RARE, each) for s, v, o in content for each in (*s[::-1], *o[::-1], v)),
    }


def training_texts(seed: int) -> Iterator[str]:
    """Without end: half general English, a fifth of it rare, the task in English often and in the rare seldom."""
    noise = np.random.default_rng(seed)
    sums, taught = all_sums(), sorted(taught_in_rare(seed), key=lambda one: one.identity)
    while True:
        kind = noise.choice(5, p=[0.35, 0.15, 0.1, 0.35, 0.05])
        if kind < 2:
            yield sentences(noise)["en" if kind == 0 else RARE]
        elif kind == 2:
            yield _translations(noise)
        else:
            language: Language = "en" if kind == 3 else RARE
            pool = sums if kind == 3 else taught
            drawn = [pool[place] for place in noise.integers(0, len(pool), SUMS_A_TEXT)]
            yield " ".join(f"{one.question(language)} {one.answer(language)}" for one in drawn)


def _clause(noise: np.random.Generator) -> tuple[tuple[str, str], str, tuple[str, str]]:
    def thing() -> tuple[str, str]:
        return f"adjective{noise.integers(_ADJECTIVES)}", f"noun{noise.integers(_NOUNS)}"

    return thing(), f"verb{noise.integers(_VERBS)}", thing()


def _translations(noise: np.random.Generator) -> str:
    words = vocabulary()[1:]
    meanings = [each.partition(".")[2] for each in words[: len(words) // 2]]
    drawn = [meanings[place] for place in noise.integers(0, len(meanings), 5)]
    return " ".join(f"{word(RARE, each)} {_TRANSLATION} {word('en', each)}" for each in drawn)
