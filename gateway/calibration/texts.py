"""The texts that a calibration reads: JSON lines.

Parallel text has a line for each text in each language: ``{"language": "sw", "id": 17, "text": "…"}``. Equal ids
mark translations of each other. Task text, in English, has ``{"question": "…", "answer": "…"}`` or ``{"text": "…"}``.
Other keys are passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from routing.detection.tags import canonical_tag
from routing.errors import ConfigError

ENGLISH = "en"
Turns = tuple[str, ...]
"""A text as turns: the user's, and then perhaps the assistant's."""

Written = Annotated[str, StringConstraints(pattern=r"\S")]
"""Text that is not blank, as it stands."""

_Made = TypeVar("_Made")
_FEWEST_TEXTS = 2


class _ParallelLine(BaseModel):
    model_config = ConfigDict(frozen=True)
    language: Annotated[str, AfterValidator(canonical_tag)]
    id: str | int
    text: Written


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True)
    question: Written
    answer: Written


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True)
    text: Written


@dataclass(frozen=True, slots=True)
class ParallelTexts:
    """by_language: English first, then the others by tag; each with the same texts in the same order.

    left_out: how many ids some language did not have.
    """

    by_language: Mapping[str, tuple[Turns, ...]]
    left_out: int


def read_parallel(path: Path, most: int | None, seed: int) -> ParallelTexts:
    """The texts that every language of the file has, at most so many, drawn by the seed.

    Raises `ConfigError` with file and line where one is wrong, and where English or another language is missing, or
    fewer than two texts are left.
    """
    lines = read_lines(path, _ParallelLine.model_validate_json)
    found: dict[str, dict[str | int, Turns]] = {}
    for number, line in lines:
        if line.id in found.setdefault(line.language, {}):
            raise ConfigError(f"{path}:{number}: {line.language} has the id {line.id!r} twice")
        found[line.language][line.id] = (line.text,)
    if ENGLISH not in found or len(found) < 2:
        raise ConfigError(
            f"{path}: needs English and another language; has {', '.join(sorted(found)) or 'none'}"
        )
    common = [identity for identity in found[ENGLISH] if all(identity in texts for texts in found.values())]
    if len(common) < _FEWEST_TEXTS:
        raise ConfigError(f"{path}: {len(common)} ids are there in every language; at least two are needed")
    drawn = [common[place] for place in _drawn(len(common), most, seed)]
    order = [ENGLISH, *sorted(found.keys() - {ENGLISH})]
    by_language = {tag: tuple(found[tag][identity] for identity in drawn) for tag in order}
    return ParallelTexts(by_language, len(set().union(*found.values())) - len(common))


def read_task(path: Path, most: int | None, seed: int) -> tuple[Turns, ...]:
    """The task's texts, at most so many, drawn by the seed. Raises `ConfigError` with file and line."""
    texts = [turns for _, turns in read_lines(path, _task_turns)]
    if not texts:
        raise ConfigError(f"{path}: holds no text")
    return tuple(texts[place] for place in _drawn(len(texts), most, seed))


def _task_turns(line: bytes) -> Turns:
    try:
        asked = _Question.model_validate_json(line)
    except ValidationError:
        return (_Plain.model_validate_json(line).text,)
    return asked.question, asked.answer


def read_lines(path: Path, parse: Callable[[bytes], _Made]) -> list[tuple[int, _Made]]:
    """What the lines say, with their numbers."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    return [
        (number, _parsed(path, number, line, parse)) for number, line in enumerate(lines, 1) if line.strip()
    ]


def _parsed(path: Path, number: int, line: bytes, parse: Callable[[bytes], _Made]) -> _Made:
    try:
        return parse(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        # The text itself is not shown: it may be anybody's.
        raise ConfigError(f"{path}:{number}: {where + ': ' if where else ''}{first['msg']}") from None


def _drawn(count: int, most: int | None, seed: int) -> list[int]:
    if most is None or most >= count:
        return list(range(count))
    drawn = np.random.default_rng(seed).choice(count, most, replace=False)
    return sorted(drawn.tolist())
