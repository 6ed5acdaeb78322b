"""Asks the models for the language of prose in one script, and asks no more of them than are needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from routing.detection.alphabets import Alphabets
from routing.detection.relatives import Relatives
from routing.detection.scripts import is_written_in
from routing.detection.words import WordTable, without_names, words_of
from routing.language import UNDETERMINED

Scores = Mapping[str, float]
"""Language (without a script, unless romanised) to how much speaks for it."""


class Opinion(Protocol):
    """A model that tells languages."""

    def score(self, text: str) -> Scores:
        """Language to how likely it is, at most 1, likeliest first; reads one line without surrogates."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """The language that the evidence speaks for.

    language: without a script; ``und`` where nothing speaks for any.
    strength: 0 to 1. Where fastText and the second model agreed, fastText's probability; else the winner's
        part of all the weight.
    agreed: whether those two settled it, so that nothing else was asked.
    others: languages that came next, likeliest first, at most three.
    """

    language: str
    strength: float
    agreed: bool
    others: tuple[str, ...] = ()


_NOTHING = Verdict(UNDETERMINED, 0.0, agreed=False)

# Where fastText is this sure and CLD2 says the same, all the others together correct one error in twenty
# (docs/findings.md), and asking them costs five times as much. Of languages with close relatives more is asked.
_SURE = 0.5
_SURE_AMONG_RELATIVES = 0.8
_SURE_WHATEVER_THE_LETTERS = 0.9

_OTHERS = 3
_CLOSE = 0.05

# Found by trying, on the first half of the lines of NTREX (docs/detection.md).
_WEIGHT_OF_SECOND = 0.6
_WEIGHT_OF_WORDS = 1.5
_WEIGHT_OF_RELATIVES = 2.0
_DOUBTED = {"en": 0.7}  # CLD2 says English of names
# Languages that models name more often than people write them: constructed ones and close relatives of larger ones.
_RARE = {"bs": 0.6, "gl": 0.8} | dict.fromkeys(("ia", "ie", "io", "jbo", "pcm", "sco", "tlh", "vo"), 0.4)


class Jury:
    """fastText and a second opinion first; more models, words and spelling where those two do not agree."""

    def __init__(
        self, first: Opinion, second: Opinion, others: Sequence[tuple[Opinion, float]], words: WordTable
    ) -> None:
        """others: the models asked in case of doubt, each with its weight; the first model's is 1."""
        self._first = first
        self._second = second
        self._others = tuple(others)
        self._words = words
        self._alphabets = Alphabets()
        self._relatives = Relatives()

    def decide(self, prose: str, script: str) -> Verdict:
        """The language of one line of prose. Cost: 15 µs where two models agree, else about 70 µs."""
        first = _written_in(script, self._first.score(prose))
        second = self._second.score(prose)
        favourite = _likeliest(first)
        if favourite == _likeliest(second) and self._suffices(favourite, first.get(favourite, 0.0), prose):
            return Verdict(favourite, first[favourite], agreed=True)
        without = without_names(prose)
        if without != prose:
            first = _written_in(script, self._first.score(without))
            second = self._second.score(without)
        votes = _first_votes(first, second)
        words = self._words.native(words_of(without))
        _add(votes, _saturated(_written_in(script, words)), _WEIGHT_OF_WORDS)
        self._ask_others(votes, without)
        return self._count(_written_in(script, votes), _letters_beyond_ascii(prose), without)

    def _suffices(self, language: str, probability: float, prose: str) -> bool:
        """Whether a language that both of the first two models name needs no vote."""
        if probability < (_SURE_AMONG_RELATIVES if self._relatives.has(language) else _SURE):
            return False
        return (
            probability >= _SURE_WHATEVER_THE_LETTERS
            or self._alphabets.plausibility(language, _letters_beyond_ascii(prose)) == 1
        )

    def hears(self, language: str, prose: str, script: str) -> bool:
        """Whether one of the first two models takes a line for this language or a close relative. Cost: 3 to 20 µs."""
        accepted = {language} | self._relatives.of(language)
        if _likeliest(_written_in(script, self._first.score(prose))) in accepted:
            return True
        return _likeliest(self._second.score(prose)) in accepted

    def _ask_others(self, votes: dict[str, float], prose: str) -> None:
        """Adds the votes of the other models, but of none that could not change who leads."""
        for opinion, weight in self._others:
            if _lead(votes) <= weight:
                _add(votes, opinion.score(prose), weight)

    def _count(self, votes: dict[str, float], letters: frozenset[str], prose: str) -> Verdict:
        """The verdict of votes, after what the spelling says against and for the languages."""
        if not votes:
            return _NOTHING
        for language in votes:
            votes[language] *= self._alphabets.plausibility(language, letters) * _RARE.get(language, 1.0)
        telling = self._relatives.score(_likeliest(votes), prose)
        _add(votes, telling, _WEIGHT_OF_RELATIVES)
        total = sum(votes.values())
        language, *others = sorted(votes, key=votes.__getitem__, reverse=True)
        close = tuple(other for other in others[:_OTHERS] if votes[other] >= _CLOSE * total)
        return Verdict(language, votes[language] / total, agreed=False, others=close)


def _first_votes(first: Scores, second: Scores) -> dict[str, float]:
    """The votes of the first two models; of the second only the language it puts first counts."""
    votes = dict(first)
    favourite = _likeliest(second)
    if favourite != UNDETERMINED:
        _add(votes, {favourite: _DOUBTED.get(favourite, 1.0)}, _WEIGHT_OF_SECOND)
    return votes


def _lead(votes: Scores) -> float:
    """How far the leading language is ahead of the next."""
    first, second = ([*sorted(votes.values(), reverse=True), 0.0, 0.0])[:2]
    return first - second


def _likeliest(scores: Scores) -> str:
    return max(scores, key=scores.__getitem__, default=UNDETERMINED)


def _written_in(script: str, scores: Scores) -> dict[str, float]:
    return {language: score for language, score in scores.items() if is_written_in(language, script)}


def _add(votes: dict[str, float], scores: Scores, weight: float) -> None:
    for language, score in scores.items():
        votes[language] = votes.get(language, 0.0) + weight * score


def _saturated(words: Scores) -> Scores:
    """Shares of the words' weight, together less than 1: two words that tell are worth more than one."""
    total = sum(words.values()) + 1
    return {language: weight / total for language, weight in words.items()}


def _letters_beyond_ascii(prose: str) -> frozenset[str]:
    if prose.isascii():
        return frozenset()
    return frozenset(letter for letter in set(prose.lower()) if letter > "\x7f" and letter.isalpha())
