"""Recognises languages in Latin letters that have a script of their own: Hinglish, Arabizi, Greeklish."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.detection.words import WordTable


@dataclass(frozen=True, slots=True)
class _Demand:
    """How much must speak for a romanised language.

    weight: of its words, at least.
    share: weight for each word of the text, at least.
    against: how much of the weight a verdict of full strength for another language undoes.
    """

    weight: float
    share: float
    against: float


# Hindi is typed with English between it, so few of the words of a text need be Hindi; and the models, who all
# say English to it, do so halfheartedly. The other lists are short words that other languages have too.
# Found by trying, on the first half of the lines of Hinglish-TOP and of NTREX (docs/detection.md).
_HINDI = _Demand(weight=0.5, share=0.1, against=1.0)
_OTHER = _Demand(weight=1.0, share=0.3, against=2.0)
_AGAINST_NATIVE_WORDS = 0.5
_RUNNING_ENGLISH = 1.0


@dataclass(frozen=True, slots=True)
class Romanised:
    """What the words of a text say for a romanised language.

    language: ``hi-Latn`` and its like.
    mixed: whether it is mixed with English, as Hinglish mostly is.
    strength: of a verdict of the models, who hardly know romanised languages, what it must exceed to stand; from 1
        on it cannot.
    """

    language: str
    mixed: bool
    strength: float


def romanised_language(words: Sequence[str], table: WordTable) -> Romanised | None:
    """The romanised language that a passage in Latin letters may be in, by its words; None if in none.

    Cost: 1 µs for most texts.
    """
    romanised = table.romanised(words)
    if not romanised:
        return None
    language = max(romanised, key=romanised.__getitem__)
    weight = romanised[language]
    demand = _HINDI if language == "hi-Latn" else _OTHER
    if weight < demand.weight or weight < demand.share * len(words):
        return None
    native = table.native(words)
    weight -= _AGAINST_NATIVE_WORDS * max(native.values(), default=0.0)
    mixed = native.get("en", 0.0) >= _RUNNING_ENGLISH
    return Romanised(language, mixed, weight / demand.against)
