from pathlib import Path
from typing import Any

import pytest

from gateway.calibration.evaluation import Question, graded, read_questions
from routing.errors import ConfigError
from tests.gateway.calibration.conftest import write_lines


def line(language: str, identity: int, question: str, answer: str) -> dict[str, Any]:
    return {"language": language, "id": identity, "question": question, "answer": answer}


LINES = [
    *(line("hi", n, f"{n} और {n}?", f"उत्तर: {2 * n}") for n in range(4)),
    *(line("en", n, f"{n} and {n}?", f"The answer is {2 * n}.") for n in range(4)),
]


def test_questions_are_by_language_with_english_first_and_the_answer_alone(tmp_path: Path) -> None:
    found = read_questions(write_lines(tmp_path / "q.jsonl", LINES), "number")
    assert list(found) == ["en", "hi"]
    assert found["hi"][3] == Question("3", "3 और 3?", "6")


def test_answers_are_right_where_they_end_in_what_was_expected_in_any_digits() -> None:
    questions = [Question(str(n), "?", "42") for n in range(5)]
    answers = ["6 × 7 = 42", "٤٢", "उत्तर है ४२।", "43", "ไม่ทราบ"]
    assert graded(questions, answers, "number").tolist() == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (LINES[:4], "needs English and another language"),
        (LINES[4:], "needs English and another language"),
        ([LINES[0], LINES[4]], "questions of 4 ids"),
        ([*LINES, line("en", 9, "?", "no number")], ":9: answer: holds no number"),
        ([{"language": "en", "id": 1, "question": "?"}], ":1: answer"),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path, lines: list[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_questions(write_lines(tmp_path / "q.jsonl", lines), "number")
