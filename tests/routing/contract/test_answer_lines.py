"""Which text of an answer counts, however it is cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.contract.answer_lines import LONGEST_LINE, AnswerLines

SCRIPTS = 'aé ञिक्षा👩‍👩‍👧 عربي ไทย 漢字かな 한국\n.`"„“”«»()[]{}$*_#>|-~\\1'


def _proses(text: str) -> list[str]:
    lines = AnswerLines()
    return lines.feed(text) + lines.end()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Voici :\n```python\nprint('the name of the user')\n```\nVoilà.", ["Voici :", "Voilà."]),
        ("~~~\nthe text\n```\nthe rest\n~~~\nनमस्ते", ["नमस्ते"]),
        ("关键字是 `the keyword` 吗", ["关键字是 吗"]),
        ("Он сказал «the best of times» и ушёл", ["Он сказал и ушёл"]),
        ("Er sagte „the best of times“ und ging", ["Er sagte und ging"]),
        ("彼は「the best of times」と言った", ["彼は と言った"]),
        ('قال "the best of times" ثم ذهب', ["قال ثم ذهب"]),
        ("> The best of times\nनमस्ते", ["नमस्ते"]),
        ("การเรียนรู้ (machine learning in the cloud)", ["การเรียนรู้"]),
        ("$$\n\\text{the area of it}\n$$\nНо да", ["Но да"]),
        ('{"message": "the order was sent"}', []),
        ("[1] 안녕하세요", ["안녕하세요"]),
        ("3. Er kommt. Sie auch.", ["Er kommt. Sie auch."]),
        ("12. https://example.com/the/best", []),
    ],
)
def test_code_quotations_asides_formulas_and_links_are_left_out(text: str, left: list[str]) -> None:
    assert [" ".join(prose.split()) for prose in _proses(text)] == left


def test_an_open_fence_reaches_to_the_end() -> None:
    assert _proses("नमस्ते\n```\nthe name of the user\nand the rest") == ["नमस्ते"]


@given(st.text(alphabet=SCRIPTS, max_size=150), st.data())
def test_cutting_lines_anywhere_changes_nothing(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    lines = AnswerLines()
    assert lines.feed(text[:cut]) + lines.feed(text[cut:]) + lines.end() == _proses(text)


@given(st.text(max_size=3 * LONGEST_LINE))
def test_any_text_is_read_and_no_part_is_longer_than_the_bound(text: str) -> None:
    assert all(0 < len(prose) <= LONGEST_LINE for prose in _proses(text))


def test_a_long_line_is_cut_behind_a_sentence() -> None:
    text = "Первое предложение здесь кончается точкой. " * 10
    assert all(prose.endswith("точкой.") for prose in _proses(text))


def test_the_last_word_of_an_unfinished_line_may_be_half_a_word() -> None:
    lines = AnswerLines()
    lines.feed("The quick bro")
    assert lines.unfinished == "The quick"


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize(
    "value", [{"jibu": "यह शहर बहुत बड़ा है। " * 30, "n": 1}, ["The city is very large. " * 30]]
)
def test_json_has_no_lines_however_it_is_set(value: Any, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    for answer in (text, f"\n  {text}"):
        for size in (1, 7, 10_000):
            lines = AnswerLines()
            pieces = [answer[start : start + size] for start in range(0, len(answer), size)]
            assert [
                prose for piece in pieces for prose in (*lines.feed(piece), lines.unfinished) if prose
            ] == []
            assert lines.end() == []
