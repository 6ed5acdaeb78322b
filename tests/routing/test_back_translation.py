"""What is translated back while it is written: nothing lost, nothing twice, no half passed off as a whole."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.answer import Answer
from routing.back_translation import translated_back
from routing.errors import EngineError
from routing.events import DONE, json_event
from routing.replay import Held
from tests.routing.strategies.surroundings import chat, collected

# Joined, stacked, right to left, without spaces; emoji of several characters, and code that never ends.
PIECES = (
    "क्षत्रिय ",
    "é",
    "\u0301",
    "👩‍👩‍👧",
    "سَلَام ",
    "ราคา",
    "\n\n",
    "\n",
    "```\n",
    "| a | b |\n",
    "- ",
    "$$",
    "\u3000",
    "1. ",
)


def _chunk(index: int, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return json_event({"id": "c", "model": "m", "choices": [choice]})


async def _blocks(*blocks: bytes) -> AsyncGenerator[bytes, None]:
    for block in blocks:
        yield block


async def _as_it_is(text: str) -> str:
    return text


async def _texts(*blocks: bytes) -> list[str]:
    stream = await translated_back(Held(_blocks(*blocks)), _as_it_is, chat("?", stream=True))
    answer = Answer()
    answer.take(await collected(stream))
    return [choice.text for choice in answer.in_order]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(PIECES))))
def test_every_choice_comes_through_whole_wherever_it_is_cut(pieces: list[tuple[int, str]]) -> None:
    said = [_chunk(index, {"content": text}) for index, text in pieces]
    ends = [_chunk(index, {}, "stop") for index in range(3)]
    wanted = ["".join(text for index, text in pieces if index == choice) for choice in range(3)]
    assert asyncio.run(_texts(*said, *ends, DONE)) == wanted


@pytest.mark.parametrize("said", ["", "नैरोबी", "नैरोबी।\n\nऔर"])
async def test_an_answer_without_an_end_is_an_error_and_not_half_an_answer(said: str) -> None:
    whole = (_chunk(0, {"content": "नैरोबी।\n\n"}), _chunk(0, {}, "stop"))
    with pytest.raises(EngineError):
        await _texts(*whole, _chunk(1, {"content": said}), DONE)


@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_what_the_model_thinks_aloud_comes_apart_and_is_not_translated(size: int) -> None:
    said = "<think>Mumbai?\n\nIn India.</think>\n\nIn India.\n\n<think> is a tag."
    pieces = [_chunk(0, {"content": said[start : start + size]}) for start in range(0, len(said), size)]

    async def translate(text: str) -> str:
        return {"In India.": "भारत में।", "<think> is a tag.": "<think> एक टैग है।"}[text]

    blocks = Held(_blocks(*pieces, _chunk(0, {}, "stop"), DONE))
    answer = Answer()
    answer.take(await collected(await translated_back(blocks, translate, chat("?", stream=True))))
    (choice,) = answer.in_order
    assert choice.text == "भारत में।\n\n<think> एक टैग है।"
    assert choice.message["reasoning_content"] == "Mumbai?\n\nIn India."
