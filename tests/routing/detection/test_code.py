import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.detection.code import _IDENTIFIER, _may_hold_identifier, without_code

SNIPPETS = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "benchmarks/data/snippets.jsonl").read_text("utf-8").splitlines()
]
QUESTIONS = [
    "¿Qué hace este código?",
    "Что делает этот код?",
    "このコードは何をしますか？",
    "ماذا يفعل هذا الكود؟",
    "यह कोड क्या करता है?",
    "这段代码是做什么的？",
]
NEVER_CODE = [
    "For example:",
    "If you want the list:\nthe end",
    "Write a function (in Python) that returns x; then explain it.",
    "Rewrite: I has a apple;",
    "I love you :) <3",
    "From the beginning, import taxes are a matter of class.",
    "Τι φορούσαν οι αστροναύτες κατά τη διάρκεια της διπλής αποστολής AS-278;",
    "من فضلك (بسرعة) ترجم هذا: مرحبا",
    "请解释（简短地）：什么是熵？",
]


@pytest.mark.parametrize("text", NEVER_CODE)
def test_prose_is_left_as_it_is(text: str) -> None:
    assert without_code(text) == text


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: str(snippet["kind"]))
def test_a_fence_hides_all_code_and_no_question(question: str, snippet: dict[str, str]) -> None:
    fenced = f"{question}\n```\n{snippet['code']}\n```\n{question}"
    assert without_code(fenced).split() == [*question.split(), *question.split()]


def test_an_open_fence_reaches_to_the_end() -> None:
    assert without_code("Explique\n```python\nx = maximum").strip() == "Explique"


@pytest.mark.parametrize(
    "code",
    [
        "x = compute(y)",
        "import numpy as np",
        "def area(r):\n    return 3.14 * r",
        "for (int i = 0; i < n; i++) {\n  total += i;\n}",
        "SELECT name FROM users\nWHERE id = 3;",
        "services:\n  web:\n    image: nginx",
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nValueError: bad input',
    ],
)
def test_bare_code_is_set_aside(code: str) -> None:
    assert without_code(code).strip() == ""
    assert without_code(f"Was macht das?\n{code}\nDanke sehr!").split() == [
        "Was",
        "macht",
        "das?",
        "Danke",
        "sehr!",
    ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_on_the_line_of_the_code_stays(question: str) -> None:
    assert without_code(f"{question} for(i=0;i<10;i++){{sum+=i;}}").strip() == question[:-1].strip()


def test_comments_go_with_the_code_around_them() -> None:
    code = "x = 1\n# keep the largest of the values\ny = max(x, 2)"
    assert without_code(f"Mitä tämä tekee?\n{code}").strip() == "Mitä tämä tekee?"


@given(st.text(st.sampled_from("ab1_Ж字ณ .:>-/~()=\n"), max_size=20))
def test_identifiers_are_looked_for_wherever_there_is_one(text: str) -> None:
    assert _may_hold_identifier(text) or not _IDENTIFIER.search(text)


@pytest.mark.parametrize(
    "text", ["snake_case", "a.call(x)", "std::vector", "a->b", "/usr/lib", "ls -l", "ห้อง(1)"]
)
def test_what_may_be_an_identifier_is_seen(text: str) -> None:
    assert _may_hold_identifier(text)


@pytest.mark.parametrize("text", ["Wie alt? (12)", "यह क्या है (१२)", "空が赤い（12）", "(مرحبا)", ""])
def test_brackets_in_prose_are_none(text: str) -> None:
    assert not _may_hold_identifier(text)
