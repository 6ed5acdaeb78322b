"""Choosing among profiles by accuracy, and judging the choice by questions that had no part in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ENGLISH = "en"
_RESAMPLES = 2000
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, slots=True, eq=False)
class LanguageScores:
    """questions: [questions] their ids, which translations share. correct: [ways, questions]; way 0 is unsteered."""

    questions: tuple[str, ...]
    correct: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gain:
    """Accuracy on held-out questions, unsteered and steered, and the difference with its 95% interval."""

    questions: int
    before: float
    after: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """In accuracy: 0.01 is a point."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class SweepChoice:
    """way: the best on the questions to choose by; 0 where none was better than unsteered.

    overall: over all languages but English, every answer counting alike. by_language: English included.
    """

    way: int
    overall: Gain
    by_language: Mapping[str, Gain]

    @property
    def helped(self) -> tuple[str, ...]:
        """The languages whose gain is above 0 by its interval: those to steer. Never English."""
        return tuple(tag for tag, gain in self.by_language.items() if gain.low > 0 and tag != ENGLISH)


def choose_way(scores: Mapping[str, LanguageScores], seed: int) -> SweepChoice:
    """Chooses by half of the questions' ids, drawn by the seed, and judges by the other half.

    The best way has the highest mean accuracy over languages but English; the first of equals, so that steering must
    win to be chosen. Intervals are percentiles of a bootstrap over ids: translations of a question are not
    independent. scores: of at least two ids and one language that is not English.
    """
    chosen_by, judged_by = _halves(scores, seed)
    others = {tag: one for tag, one in scores.items() if tag != ENGLISH}
    means = [_taken(one, chosen_by).mean(axis=1) for one in others.values() if _has(one, chosen_by)]
    way = int(np.mean(means, axis=0).argmax()) if means else 0
    judged = {tag: one for tag, one in scores.items() if _has(one, judged_by)}
    return SweepChoice(
        way,
        overall=_gain([one for tag, one in judged.items() if tag != ENGLISH], way, judged_by, seed),
        by_language={tag: _gain([one], way, judged_by, seed) for tag, one in judged.items()},
    )


def _halves(scores: Mapping[str, LanguageScores], seed: int) -> tuple[list[str], list[str]]:
    ids = sorted({question for one in scores.values() for question in one.questions})
    shuffled = [ids[place] for place in np.random.default_rng(seed).permutation(len(ids))]
    return shuffled[: len(ids) // 2], shuffled[len(ids) // 2 :]


def _has(one: LanguageScores, ids: Sequence[str]) -> bool:
    return bool(set(one.questions) & set(ids))


def _taken(one: LanguageScores, ids: Sequence[str]) -> NDArray[np.bool_]:
    """[ways, those of the questions that have these ids]."""
    wanted = set(ids)
    return one.correct[:, [question in wanted for question in one.questions]]


def _gain(languages: Sequence[LanguageScores], way: int, ids: Sequence[str], seed: int) -> Gain:
    row = {question: place for place, question in enumerate(ids)}
    # By id: how many answers there are, how many were right unsteered, and how many steered.
    answers, before, after = np.zeros((3, len(ids)))
    for one in languages:
        for place, question in enumerate(one.questions):
            if question in row:
                answers[row[question]] += 1
                before[row[question]] += one.correct[0, place]
                after[row[question]] += one.correct[way, place]
    drawn = np.random.default_rng(seed).integers(0, len(ids), (_RESAMPLES, len(ids)))
    counted = np.maximum(answers[drawn].sum(axis=1), 1)
    low, high = np.percentile((after - before)[drawn].sum(axis=1) / counted, _TAILS)
    total = answers.sum()
    return Gain(int(total), float(before.sum() / total), float(after.sum() / total), float(low), float(high))
