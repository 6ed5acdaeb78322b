import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.detection.prose import LONGEST_PROSE, prose_of

SIGNS_AND_WORDS = [
    *"\n?.-_(){;=@#$*:٣\\'\"\ufeff", "  ", "ask ", "नमस्ते", "ไทย", "שלום ", "import ", "return ", "www.", "<b>", "://",
    "&amp;", "--x", "/usr/bin", "x_y", "import os", "else", "fi", "end", "const a", "from a import b", "SELECT x",
]  # fmt: skip
ANY_TEXT = st.text(st.characters(), max_size=400)  # lone surrogates, controls and unassigned code points too


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("Guten Tag", "Guten Tag"),
        ("  one\n\ttwo\r\nthree ", "one two three"),
        ("看 https://example.com/a?b=c这里", "看 这里"),
        ("Schreib an peter@example.org bitte", "Schreib an bitte"),
        ("<b>Hola</b> &amp; <i>adiós</i>", "Hola adiós"),
        ("Ответ 42 или 3.14?", "Ответ или ?"),
        ("Löse $x^2+1=0$ und \\[ a=b \\] bitte", "Löse und bitte"),
        ("Que vaut $$\\int x dx$$ ici", "Que vaut ici"),
        ("C'est quoi `git rebase` ?", "C'est quoi ?"),
        ("**नमस्ते** _दुनिया_", "नमस्ते दुनिया"),
        ("3ayez a3raf el mas2ala 7", "3ayez a3raf el mas2ala"),
        ('{"name": "Peter", "age": 3}', ""),
        ("schau www.example.de an", "schau an"),
        ("name:\naddress:", ""),
        ("return total;", ""),
        ("import os", ""),
        ("2+2=4", ""),
        ("\x00\x01\x7f", ""),
        ("เรา\ud800ไป", "เราไป"),
    ],
)
def test_what_is_no_running_text_is_left_out(text: str, prose: str) -> None:
    assert prose_of(text) == prose


def test_the_words_of_a_page_alone_stay_but_not_beside_a_question() -> None:
    page = '<div class="card">\n<h1>Welcome back</h1>\n</div>'
    assert prose_of(page) == "Welcome back"
    assert prose_of(f"Що це?\n{page}") == "Що це?"


def test_a_question_after_much_else_is_seen() -> None:
    assert "apa maksudnya" in prose_of("0" * 50_000 + "\napa maksudnya")


@given(ANY_TEXT)
def test_prose_is_one_short_line_that_can_be_encoded(text: str) -> None:
    prose = prose_of(text)
    assert len(prose) <= LONGEST_PROSE
    assert prose == " ".join(prose.split())
    prose.encode("utf-8")


@given(st.lists(st.sampled_from(SIGNS_AND_WORDS), max_size=12).map("".join))
def test_a_text_is_prepared_alike_whether_or_not_a_number_stands_before_it(text: str) -> None:
    assert prose_of(f"7\n{text}") == prose_of(text)


@given(ANY_TEXT)
def test_preparation_gives_the_same_each_time(text: str) -> None:
    assert prose_of(text) == prose_of(text)


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "$", "$a", "\\[", "\\(x", "a@", "@", "<a", "<!--", "(", '{"a":', "`", "```", "a.", "x_", "/a", "a=\n",
     "import a,", "return ", "if (", "int a ", "1", "a(", '"a', "#a", "-a", "&#", "\ud800", "字", "a b\n", ":\n"],
)  # fmt: skip
def test_a_megabyte_of_anything_costs_milliseconds(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    costs = []
    for _ in range(3):
        began = time.thread_time()
        prose_of(text)
        costs.append(time.thread_time() - began)
    assert min(costs) < 0.02  # measured: 4 ms at most
