"""Recognises languages in Latin letters that have a script of their own: Hinglish, Arabizi, Greeklish."""

from dataclasses import dataclass

from routing.detection.jury import Verdict
from routing.detection.words import WordTable, words_of


@dataclass(frozen=True, slots=True)
class _Demand:
    """How much must speak for a romanised language.

    weight: of its words, at least.
    share: weight for each word of the text, at least.
    against_agreement, against_vote: how much of the weight a verdict of full strength for another language undoes.
    """

    weight: float
    share: float
    against_agreement: float
    against_vote: float


# Hindi is typed with English between it, so few of the words of a text need be Hindi; and the models, who all
# say English to it, do so halfheartedly. The other lists are short words that other languages have too.
# Found by trying, on the first half of the lines of Hinglish-TOP and of NTREX (docs/detection.md).
_HINDI = _Demand(weight=0.5, share=0.1, against_agreement=1.0, against_vote=1.0)
_OTHER = _Demand(weight=1.0, share=0.3, against_agreement=2.0, against_vote=2.0)
_AGAINST_NATIVE_WORDS = 0.5
_RUNNING_ENGLISH = 1.0


@dataclass(frozen=True, slots=True)
class Romanised:
    """A romanised language, and whether it is mixed with English, as Hinglish mostly is."""

    language: str
    mixed: bool


def romanised_language(text: str, table: WordTable, verdict: Verdict) -> Romanised | None:
    """The romanised language that a passage in Latin letters is in (``hi-Latn``), or None if in none.

    verdict: what the models say of the text; they hardly know romanised languages. Cost: 2 µs for most texts.
    """
    words = words_of(text)
    romanised = table.romanised(words)
    language = max(romanised, key=romanised.__getitem__, default="")
    weight = romanised.get(language, 0.0)
    demand = _HINDI if language == "hi-Latn" else _OTHER
    if weight < demand.weight or weight < demand.share * len(words):
        return None
    native = table.native(words)
    against = demand.against_agreement if verdict.agreed else demand.against_vote
    if weight <= _AGAINST_NATIVE_WORDS * max(native.values(), default=0.0) + against * verdict.strength:
        return None
    return Romanised(language, mixed=native.get("en", 0.0) >= _RUNNING_ENGLISH)
