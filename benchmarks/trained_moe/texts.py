"""What ``dragoman calibrate`` is given for the trained model: three files of JSON lines."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.trained_moe.made_up_languages import (
    RARE,
    SUMS_A_TEXT,
    Language,
    all_sums,
    sentences,
    taught_in_rare,
)

_LANGUAGES: tuple[Language, ...] = ("en", RARE)
_UNSEEN_SEED_OFFSET = 1_000_000


def write_texts(folder: Path, texts: int, most_questions: int, seed: int) -> None:
    """``parallel.jsonl`` and ``task.jsonl`` of so many texts, and ``questions.jsonl`` of sums not taught in rare."""
    noise = np.random.default_rng(seed + _UNSEEN_SEED_OFFSET)
    parallel = [
        {"language": tag, "id": number, "text": text}
        for number in range(texts)
        for tag, text in sentences(noise).items()
    ]
    _write(folder / "parallel.jsonl", parallel)
    sums = all_sums()
    drawn = [[sums[place] for place in noise.integers(0, len(sums), SUMS_A_TEXT)] for _ in range(texts)]
    task = [" ".join(f"{one.question('en')} {one.answer('en')}" for one in six) for six in drawn]
    _write(folder / "task.jsonl", [{"text": text} for text in task])
    taught = taught_in_rare(seed)
    asked = [one for one in sums if one not in taught]
    asked = [asked[place] for place in noise.permutation(len(asked))[:most_questions]]
    questions = [
        {"language": tag, "id": one.identity, "question": one.question(tag), "answer": one.answer(tag)}
        for one in asked
        for tag in _LANGUAGES
    ]
    _write(folder / "questions.jsonl", questions)


def _write(path: Path, lines: Iterable[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
