"""Trying many profiles on questions with known answers, and choosing one, or none."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from gateway.calibration.evaluation import Question, graded, read_questions
from gateway.calibration.outcome import Outcome
from gateway.calibration.progress import Progress
from gateway.calibration.request import CalibrationRequest
from gateway.calibration.routing_files import file_hash
from routing.calibration.sweep_choice import LanguageScores, SweepChoice, choose_way
from routing.calibration.sweep_profiles import placebos, sweep_profiles
from routing.errors import ConfigError
from routing.final_answer.extract import AnswerKind
from routing.steering.profile import Profile
from routing.steering.profile_file import SUFFIX, write_profile

_UNSTEERED = "unsteered"
_Questions = Mapping[str, tuple[Question, ...]]


class Answerer(Protocol):
    """An engine that answers, steered by one of the profiles that it has loaded."""

    def answer(self, questions: Sequence[str], reference: str | None, most_tokens: int) -> list[str]:
        """The greedy answers, in the order of the questions; unsteered for None."""

    def close(self) -> None:
        """Ends the engine."""


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """questions: a file. answers: the kind that is compared. most_tokens: of an answer."""

    questions: Path
    answers: AnswerKind
    most_tokens: int


@dataclass(frozen=True, slots=True, eq=False)
class SweepOutcome:
    """profiles: those that were tried. scores: by language; way n + 1 is profile n.

    choice: among them. placebo_choice: among as many that steer other experts.
    """

    profiles: tuple[Profile, ...]
    scores: Mapping[str, LanguageScores]
    choice: SweepChoice
    placebo_choice: SweepChoice

    @property
    def chosen(self) -> Profile | None:
        """The profile that was chosen, for the languages that it helped; None where nothing was better than none."""
        if self.choice.way == 0:
            return None
        best = self.profiles[self.choice.way - 1]
        origin = best.origin.model_copy(update={"languages": self.choice.helped})
        return Profile(best.name, best.kind, best.weights, origin)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A sweep while it is done. folder: of the files with what was right, one a way."""

    sweep: SweepRequest
    questions: _Questions
    folder: Path
    progress: Progress


def run_sweep(
    request: CalibrationRequest,
    sweep: SweepRequest,
    outcome: Outcome,
    start_engine: Callable[[Path, int], Answerer],
    progress: Progress,
) -> SweepOutcome:
    """Asks every question unsteered, by every profile of the grid, and by as many placebos.

    start_engine: given a folder of profiles, and how many they are. progress: hears of answers. Ways that were asked
    before, in the same output, are not asked again. Raises `ConfigError`.
    """
    questions = read_questions(sweep.questions, sweep.answers)
    real = sweep_profiles(request.name, outcome.calibration, outcome.model, outcome.origin)
    if not real:
        raise ConfigError("no threshold of the sweep leaves an expert to steer")
    sham = placebos(real, request.seed)
    asking = _Asking(sweep, questions, _folder(request, sweep), progress)
    progress.begin((1 + len(real) + len(sham)) * sum(map(len, questions.values())))
    _ask_all(asking, (*real, *sham), start_engine)
    scores, sham_scores = _scores(asking, real), _scores(asking, sham)
    return SweepOutcome(real, scores, choose_way(scores, request.seed), choose_way(sham_scores, request.seed))


def _folder(request: CalibrationRequest, sweep: SweepRequest) -> Path:
    asked = f"{file_hash(sweep.questions)} {sweep.answers} {sweep.most_tokens}"
    return request.output / "sweep" / hashlib.sha256(asked.encode()).hexdigest()[:16]


def _ask_all(
    asking: _Asking, profiles: tuple[Profile, ...], start_engine: Callable[[Path, int], Answerer]
) -> None:
    everyone = {_UNSTEERED: None, **{_way(profile): profile for profile in profiles}}
    missing = [way for way in everyone if not _path(asking, way).exists()]
    asking.progress.advance((len(profiles) + 1 - len(missing)) * sum(map(len, asking.questions.values())))
    if not missing:
        return
    folder = asking.folder / "profiles"
    _write_only(profiles, folder)
    engine = start_engine(folder, len(profiles))
    try:
        for way in missing:
            _ask(asking, engine, way, everyone[way])
    finally:
        engine.close()


def _write_only(profiles: tuple[Profile, ...], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    for profile in profiles:
        write_profile(profile, folder / f"{_way(profile)}{SUFFIX}")


def _ask(asking: _Asking, engine: Answerer, way: str, profile: Profile | None) -> None:
    everything = [question for questions in asking.questions.values() for question in questions]
    reference = None if profile is None else profile.reference
    answers = engine.answer([question.text for question in everything], reference, asking.sweep.most_tokens)
    correct = iter(graded(everything, answers, asking.sweep.answers).tolist())
    right = {tag: [next(correct) for _ in questions] for tag, questions in asking.questions.items()}
    asking.progress.advance(len(everything))
    path = _path(asking, way)
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(json.dumps(right), "utf-8")
    unfinished.replace(path)


def _scores(asking: _Asking, profiles: tuple[Profile, ...]) -> dict[str, LanguageScores]:
    told = [json.loads(_path(asking, way).read_text("utf-8")) for way in (_UNSTEERED, *map(_way, profiles))]
    return {
        tag: LanguageScores(
            tuple(question.id for question in questions),
            np.array([one[tag] for one in told], np.bool_),
        )
        for tag, questions in asking.questions.items()
    }


def _path(asking: _Asking, way: str) -> Path:
    return asking.folder / f"{way}.json"


def _way(profile: Profile) -> str:
    # Placebos of another seed have the same names.
    return profile.reference
