"""Telling reasoning from the answer, wherever the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.reasoning import ReasoningSplitter

TEXTS = st.text(max_size=30) | st.sampled_from(["नमस्ते", "สวัสดี", "שלום < 3", "</thin", "a < b", "👩‍👩‍👧"])


def _split(pieces: list[str]) -> tuple[str, str]:
    splitter = ReasoningSplitter()
    told = [splitter.feed(piece) for piece in pieces] + [splitter.end()]
    return "".join(reasoning for reasoning, _ in told), "".join(text for _, text in told)


def _cut(text: str, data: st.DataObject) -> list[str]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@given(TEXTS, TEXTS, st.data())
def test_reasoning_and_answer_are_told_apart_wherever_the_text_is_cut(
    thought: str, answer: str, data: st.DataObject
) -> None:
    thought = thought.replace("</think>", "")
    if thought.endswith(tuple("</think>"[:size] for size in range(1, 8))):
        thought += "."
    whole = f"<think>{thought}</think>\n\n{answer}"
    assert _split(_cut(whole, data)) == (thought, answer.lstrip())


@given(TEXTS, st.data())
def test_a_text_without_the_opening_tag_is_all_answer(text: str, data: st.DataObject) -> None:
    if text.lstrip().startswith("<think>"):
        return
    assert _split(_cut(text, data)) == ("", text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<think>unending", ("unending", "")),
        ("<thin", ("", "<thin")),
        ("  <think>a</think>b", ("a", "b")),
        ("Der Tag <think> heißt so.</think>", ("", "Der Tag <think> heißt so.</think>")),
        ("<think>a</think>b <think>c</think>", ("a", "b <think>c</think>")),
        ("", ("", "")),
    ],
)
def test_odd_texts_lose_nothing(text: str, told: tuple[str, str]) -> None:
    assert _split([text]) == told
    assert _split(list(text)) == told


def test_text_is_not_held_back_longer_than_a_tag_needs() -> None:
    splitter = ReasoningSplitter()
    assert splitter.feed("Jibu") == ("", "Jibu")
    assert splitter.feed(" ni 4") == ("", " ni 4")
