"""Yes and no in the languages of the table."""

import pytest

from routing.final_answer.boolean import boolean_at_start
from routing.final_answer.plain import plain
from routing.final_answer.words import answer_words


def test_no_word_means_both() -> None:
    assert len(answer_words().yes) > 70
    assert not set(answer_words().yes) & set(answer_words().no)


@pytest.mark.parametrize(
    "form", ["{}", "{}.", "{}!", "{}, …", "«{}»", "{}。", "{}،", "{}।", "{}။", "**{}**", " {}\n…"]
)
def test_every_word_is_known_alone_and_before_a_sign(form: str) -> None:
    words = answer_words()
    assert {boolean_at_start(plain(form.format(word))) for word in words.yes} == {"yes"}
    assert {boolean_at_start(plain(form.format(word))) for word in words.no} == {"no"}


@pytest.mark.parametrize(
    "text",
    [
        "No. 5",
        "no man",
        "Jane",
        "是巴黎",
        "ใช่ไหม",
        "naïve",
        "नहींतर",
        "нетто",
        "ไม่เป็นไร",
        "5",
        "",
        "نعمة",
        "لاحقا",
    ],
)
def test_a_word_that_goes_on_means_something_else(text: str) -> None:
    assert boolean_at_start(plain(text)) is None
