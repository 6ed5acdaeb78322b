import json
import unicodedata
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.trained_moe.made_up_languages import (
    RARE,
    TRIPLE,
    all_facts,
    lessons,
    meanings,
    sentences,
    taught_in_rare,
    vocabulary,
    word,
)
from benchmarks.trained_moe.texts import write_texts
from gateway.calibration.evaluation import graded, read_questions
from gateway.calibration.texts import read_parallel, read_task


def test_every_meaning_has_a_word_in_each_language_and_no_word_is_in_both() -> None:
    assert len(set(vocabulary())) == len(vocabulary()) == 1 + 2 * len(meanings())
    letters = {letter for meaning in meanings() for letter in word(RARE, meaning) if letter.isalpha()}
    assert {unicodedata.name(letter).split()[0] for letter in letters} == {"CYRILLIC"}


def test_a_sentence_says_the_same_in_both_languages_in_another_order() -> None:
    both = sentences(np.random.default_rng(0))
    translated = [word(RARE, each) for each in both["en"].split()]
    assert sorted(translated) == sorted(both[RARE].split())
    assert translated != both[RARE].split()


def test_the_rare_language_is_rare_and_taught_no_fact_that_it_is_asked(tmp_path: Path) -> None:
    texts = [lesson.text for lesson in islice(lessons(0), 3000)]
    english = {word("en", meaning) for meaning in meanings()}
    assert 0.05 < np.mean([english.isdisjoint(text.split()) for text in texts]) < 0.15
    taught = taught_in_rare(0)
    assert len(taught) == len(set(taught)) == len(all_facts()) // 2
    told = {
        " ".join(words[n : n + TRIPLE])
        for text in texts
        for words in [text.split()]
        for n in (0, 3, 6, 9, 12)
    }
    untaught = set(all_facts()) - set(taught)
    assert {fact.told(RARE) for fact in untaught}.isdisjoint(told)
    assert sum(fact.told(RARE) in told for fact in taught) > len(taught) / 2
    write_texts(tmp_path, 5, 1000, 0)
    asked = read_questions(tmp_path / "questions.jsonl", "short")
    assert {question.text for question in asked[RARE]} == {fact.question(RARE) for fact in untaught}
    assert {question.id for question in asked["en"]} == {question.id for question in asked[RARE]}


def test_every_lesson_has_fifteen_known_words() -> None:
    known = set(vocabulary())
    for lesson in islice(lessons(1), 500):
        assert len(lesson.text.split()) == 15
        assert set(lesson.text.split()) <= known


def test_lessons_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    first, again, other = (list(islice(lessons(seed), 20)) for seed in (5, 5, 6))
    assert first == again != other


def test_only_the_number_of_the_same_language_is_a_right_answer(tmp_path: Path) -> None:
    write_texts(tmp_path, 5, 8, 3)
    lines = [json.loads(line) for line in (tmp_path / "questions.jsonl").read_text("utf-8").splitlines()]
    questions = read_questions(tmp_path / "questions.jsonl", "short")
    right = {tag: [line["answer"] for line in lines if line["language"] == tag] for tag in questions}
    assert all(graded(questions[tag], right[tag], "short").all() for tag in questions)
    assert not graded(questions[RARE], right["en"], "short").any()
    assert not graded(questions["en"], [f"{answer}0" for answer in right["en"]], "short").any()


def test_what_is_written_is_what_calibration_reads_and_the_same_every_time(tmp_path: Path) -> None:
    write_texts(tmp_path, 5, 8, 3)
    assert len(read_parallel(tmp_path / "parallel.jsonl", None, 0).by_language[RARE]) == 5
    assert len(read_task(tmp_path / "task.jsonl", None, 0)) == 5
    first = (tmp_path / "questions.jsonl").read_text("utf-8")
    write_texts(tmp_path, 5, 8, 3)
    assert (tmp_path / "questions.jsonl").read_text("utf-8") == first
