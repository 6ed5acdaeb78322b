import json
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.trained_moe.made_up_languages import (
    RARE,
    all_sums,
    sentences,
    taught_in_rare,
    training_texts,
    vocabulary,
)
from benchmarks.trained_moe.texts import write_texts
from gateway.calibration.evaluation import read_questions
from gateway.calibration.texts import read_parallel, read_task


def meanings(text: str) -> list[str]:
    return sorted(word.partition(".")[2] for word in text.split())


def test_a_sentence_says_the_same_in_both_languages_in_another_order() -> None:
    both = sentences(np.random.default_rng(0))
    assert meanings(both["en"]) == meanings(both[RARE])
    assert [word.partition(".")[2] for word in both["en"].split()] != [
        word.partition(".")[2] for word in both[RARE].split()
    ]


def test_the_rare_language_is_taught_no_sum_that_it_is_asked(tmp_path: Path) -> None:
    texts = list(islice(training_texts(0), 1200))
    taught = taught_in_rare(0)
    assert len(taught) == len(all_sums()) // 4
    joined = " ".join(texts)
    assert all(one.question(RARE) not in joined for one in all_sums() if one not in taught)
    assert sum(one.question(RARE) in joined for one in taught) > len(taught) / 2
    assert set(joined.split()) <= set(vocabulary())
    write_texts(tmp_path, 5, 1000, 0)
    asked = read_questions(tmp_path / "questions.jsonl", "short")
    assert len(asked["en"]) == len(asked[RARE]) == 150
    assert {question.text for question in asked[RARE]}.isdisjoint(one.question(RARE) for one in taught)


def test_what_is_written_is_what_calibration_reads(tmp_path: Path) -> None:
    write_texts(tmp_path, 5, 8, 3)
    assert len(read_parallel(tmp_path / "parallel.jsonl", None, 0).by_language[RARE]) == 5
    assert len(read_task(tmp_path / "task.jsonl", None, 0)) == 5
    first = (tmp_path / "questions.jsonl").read_text("utf-8")
    write_texts(tmp_path, 5, 8, 3)
    assert (tmp_path / "questions.jsonl").read_text("utf-8") == first
    lines = [json.loads(line) for line in first.splitlines()]
    assert len(lines) == 16
    # In each language the answer is a word of that language.
    assert all(line["answer"].startswith(f"{line['language']}.n") for line in lines)


def test_answers_are_sums_modulo_ten() -> None:
    by_identity = {one.identity: one for one in all_sums()}
    assert by_identity["7-plus-5"].answer("en") == "en.n2"
    assert by_identity["3-minus-9"].answer(RARE) == f"{RARE}.n4"
