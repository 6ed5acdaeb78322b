"""Where answers are announced."""

import pytest

from routing.final_answer.plain import plain
from routing.final_answer.stated import Stated, stated
from routing.final_answer.words import answer_words


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("#### 42\n", Stated("42", True)),
        (r"\boxed{ {a} b }", Stated(" {a} b ", True)),
        (r"\boxed{never closed", Stated("never closed", True)),
        ("answer is: Paris", Stated("paris", True)),
        ("answer 42", Stated("42", False)),
        ("Answer:\n\n42\nmore", Stated("42", True)),
        ("答えは「東京」", Stated("「東京」", True)),
        ("답은 서울", Stated("서울", True)),
        ("الجواب هو القاهرة", Stated("القاهرة", True)),
        ("Ответ — Киев", Stated("киев", True)),
        ("answer: 1, then answer: 2", Stated("2", True)),
        (r"answer: 1, so \boxed{2}", Stated("2", True)),
        ("Answer: -5", Stated("-5", True)),
    ],
)
def test_the_last_announcement_comes_first(text: str, last: Stated) -> None:
    assert stated(plain(text))[0] == last


@pytest.mark.parametrize("text", ["answers vary", "unanswered: 5", "ansvar: 3", "उत्तरी: 5", "nothing", ""])
def test_words_that_only_contain_one_announce_nothing(text: str) -> None:
    assert stated(plain(text)) == []


@pytest.mark.parametrize("word", answer_words().answer)
def test_every_word_of_the_table_announces(word: str) -> None:
    assert stated(f"… {word}: 42")[0] == Stated("42", True)
