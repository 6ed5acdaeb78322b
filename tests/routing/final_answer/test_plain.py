"""The one spelling that answers are read in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.final_answer.plain import plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ＡＢ：４２", "ab:42"),
        ("٤٢ ۴۲ ४२ ৪২ ๔๒ ៤២ ၄၂", "42 42 42 42 42 42 42"),
        ("\u200f-٥\u200e", "-5"),
        ("**B** `x`", "b x"),
        (r"\frac{1}{2}\,kg", " 1/2kg"),
        (r"$\text{Yes}$", "$yes$"),
        ("1½", "1 1/2"),
        ("10²", "10^2"),
        ("② ⑨", "(b)  "),
        ("Straße", "strasse"),
        ("e\u0301", "é"),
        ("क्षि", "क्षि"),
        ("ﻻ", "لا"),
    ],
)
def test_spellings_of_the_same_are_one(text: str, said: str) -> None:
    assert plain(text) == said


@given(st.text())
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    "word",
    [
        "क्षत्रिय",
        "मैं",
        "কিংকর্তব্যবিমূঢ়"[:8],
        "ที่",
        "ผู้ใหญ่",
        "ကျွန်တော်",
        "ភាសាខ្មែរ",
        "مُحَمَّد",
        "שָׁלוֹם",
        "தமிழ்",
        "한국어",
        "漢字かな",
    ],
)
def test_vowel_signs_and_joined_and_stacked_letters_are_kept(word: str) -> None:
    assert unicodedata.normalize("NFD", plain(word)) == unicodedata.normalize("NFD", word)
