import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.detection.passage import main_passage
from routing.detection.scripts import LANGUAGE_OF_SCRIPT, ScriptTable, is_written_in, shares
from routing.detection.words import WordTable

TABLE = ScriptTable()
WORDS = WordTable()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("", {}),
        ("42 + 😀 = ?!", {}),
        ("été", {"Latn": 3}),
        ("สวัสดี", {"Thai": 6}),
        ("これは漢字", {"Hira": 3, "Hani": 2}),
        ("Привет мир", {"Cyrl": 9}),
        ("שלום", {"Hebr": 4}),
        ("कैसे", {"Deva": 4}),
    ],
)
def test_letters_are_counted_by_script(text: str, counts: dict[str, int]) -> None:
    assert TABLE.count(text) == counts


@given(st.text(st.characters()))
def test_every_code_point_can_be_counted(text: str) -> None:
    counts = TABLE.count(text)
    assert sum(counts.values()) <= len(text)
    assert not counts or sum(shares(counts).values()) == pytest.approx(1)


def test_a_language_is_written_in_its_scripts_only() -> None:
    assert is_written_in("sr", "Latn")
    assert is_written_in("sr", "Cyrl")
    assert is_written_in("hi-Latn", "Latn")
    assert not is_written_in("hi-Latn", "Deva")
    assert not is_written_in("hi", "Latn")
    assert not is_written_in("en", "Cyrl")


def test_scripts_of_one_language_name_it() -> None:
    assert LANGUAGE_OF_SCRIPT["Geor"] == "ka"


@pytest.mark.parametrize(
    ("text", "script", "passage"),
    [
        ("React में useState hook कैसे काम करता है", "Deva", "में कैसे काम करता है"),
        ("帮我debug这个React component", "Hani", "帮我 这个"),
        ("what does 你好吗 mean in this sentence", "Latn", "what does mean in this sentence"),
        ("Что такое GitHub", "Cyrl", "Что такое"),
        ("ما هو JavaScript", "Arab", "ما هو"),
    ],
)
def test_the_passage_is_in_the_script_that_the_sentence_is_in(text: str, script: str, passage: str) -> None:
    found = main_passage(text, TABLE.count(text), WORDS)
    assert (found.script, found.text) == (script, passage)


def test_running_text_in_two_scripts_is_told_from_names() -> None:
    two = "please tell me what my uncle wrote here तुम कल शाम को घर आ जाना हम सब साथ खाएंगे"
    name = "तुम Apple Music कब सुनते हो मुझे बताओ"
    assert main_passage(two, TABLE.count(two), WORDS).has_other
    assert not main_passage(name, TABLE.count(name), WORDS).has_other
