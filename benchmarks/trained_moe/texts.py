"""What ``dragoman calibrate`` is given for the trained model: three files of JSON lines."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.trained_moe.made_up_languages import (
    RARE,
    Language,
    all_facts,
    sentences,
    taught_in_rare,
    tell,
)

_LANGUAGES: tuple[Language, ...] = ("en", RARE)
_UNSEEN_SEED_OFFSET = 1_000_000


def write_texts(folder: Path, texts: int, most_questions: int, seed: int) -> None:
    """``parallel.jsonl`` and ``task.jsonl`` of so many texts, and ``questions.jsonl`` of facts not taught in rare."""
    noise = np.random.default_rng(seed + _UNSEEN_SEED_OFFSET)
    parallel = [
        {"language": tag, "id": number, "text": text}
        for number in range(texts)
        for tag, text in sentences(noise).items()
    ]
    _write(folder / "parallel.jsonl", parallel)
    facts = all_facts()
    _write(folder / "task.jsonl", [{"text": tell(facts, "en", noise)} for _ in range(texts)])
    taught = set(taught_in_rare(seed))
    asked = [one for one in facts if one not in taught]
    asked = [asked[place] for place in noise.permutation(len(asked)).tolist()[:most_questions]]
    questions = [
        {"language": tag, "id": one.identity, "question": one.question(tag), "answer": one.answer(tag)}
        for one in asked
        for tag in _LANGUAGES
    ]
    _write(folder / "questions.jsonl", questions)


def _write(path: Path, lines: Iterable[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
