"""The questions that a sweep asks, and whether they were answered rightly.

JSON lines: ``{"language": "sw", "id": 17, "question": "…", "answer": "…"}``; equal ids mark translations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict

from gateway.calibration.texts import ENGLISH, Written, read_lines
from routing.detection.tags import canonical_tag
from routing.errors import ConfigError
from routing.final_answer.extract import AnswerKind, final_answer

_FEWEST_QUESTIONS = 4


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)
    language: Annotated[str, AfterValidator(canonical_tag)]
    id: str | int
    question: Written
    answer: Written


@dataclass(frozen=True, slots=True)
class Question:
    """expected: the final answer, in the form that `final_answer` gives."""

    id: str
    text: str
    expected: str


def read_questions(path: Path, kind: AnswerKind) -> Mapping[str, tuple[Question, ...]]:
    """By language, English first.

    Raises `ConfigError` where a line is wrong, English or another language is missing, there are fewer than four ids,
    or an answer is not of the kind.
    """
    found: dict[str, list[Question]] = {}
    for number, line in read_lines(path, _Line.model_validate_json):
        expected = final_answer(line.answer, kind)
        if expected is None:
            raise ConfigError(f"{path}:{number}: answer: holds no {kind}")
        found.setdefault(line.language, []).append(Question(str(line.id), line.question, expected))
    if ENGLISH not in found or len(found) < 2:
        raise ConfigError(f"{path}: needs English and another language")
    if len({question.id for questions in found.values() for question in questions}) < _FEWEST_QUESTIONS:
        raise ConfigError(f"{path}: needs questions of {_FEWEST_QUESTIONS} ids: half choose, half judge")
    return {tag: tuple(found[tag]) for tag in (ENGLISH, *sorted(found.keys() - {ENGLISH}))}


def graded(questions: Sequence[Question], answers: Sequence[str], kind: AnswerKind) -> NDArray[np.bool_]:
    """Which answers end in what was expected."""
    return np.array(
        [
            final_answer(answer, kind) == question.expected
            for question, answer in zip(questions, answers, strict=True)
        ],
        np.bool_,
    )
