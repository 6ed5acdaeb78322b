"""Labels of choices in many alphabets."""

import pytest

from routing.final_answer.choice import choice_at_start, last_choice
from routing.final_answer.plain import plain


@pytest.mark.parametrize(
    "labels",
    [
        *(
            "ABCD",
            "abcd",
            "ＡＢＣＤ",
            "أبجد",
            "ابجد",
            "АБВГ",
            "ΑΒΓΔ",
            "אבגד",
            "कखगघ",
            "কখগঘ",
            "ਕਖਗਘ",
            "કખગઘ",
            "அஆஇஈ",
        ),
        *(
            "కఖగఘ",
            "ಕಖಗಘ",
            "കഖഗഘ",
            "กขคง",
            "ກຂຄງ",
            "កខគឃ",
            "ကခဂဃ",
            "აბგდ",
            "աբգդ",
            "アイウエ",
            "가나다라",
            "ㄱㄴㄷㄹ",
            "甲乙丙丁",
        ),
    ],
)
def test_the_letters_of_every_alphabet_stand_for_their_place(labels: str) -> None:
    for form in ("{}", "{}.", "({})", "{}) …", "**{}**", "「{}」", "\u200f{}\u200f"):
        assert [choice_at_start(plain(form.format(label))) for label in labels] == list("ABCD")


@pytest.mark.parametrize("form", ["{}", "{}.", "{} …", "**{}**", "답 {}"])
def test_circled_numbers_are_choices(form: str) -> None:
    assert [last_choice(plain(form.format(label))) for label in "①②③④"] == list("ABCD")


@pytest.mark.parametrize(
    "text", ["a cat", "A-team", "d'accord", "ก็ได้", "बहुत", "أنا", "I", "Z", "", "abc", "(ab)", "3", "가다"]
)
def test_a_letter_that_belongs_to_a_word_is_no_choice(text: str) -> None:
    assert choice_at_start(plain(text)) is None


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("between (a) and (c)", "C"),
        ("我选B", "B"),
        ("опция Б подходит", "B"),
        ("ข้อ ค ถูกต้อง", "C"),
        ("es la opción d, creo", "D"),
        ("no label here", None),
    ],
)
def test_the_last_label_in_a_text_is_found(text: str, choice: str | None) -> None:
    assert last_choice(plain(text)) == choice
