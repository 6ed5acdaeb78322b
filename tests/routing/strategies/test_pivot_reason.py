"""Reasoning in the pivot: what the client sees of it, and when it is left out."""

from typing import Any

import orjson
import pytest

from routing.notes import Skipped
from routing.strategies.pivot_reason import PivotReason
from tests.routing.strategies.surroundings import chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "กรุงเทพฯ อยู่ที่ไหน และมีคนกี่คน"
SAID = "<think>Where is Bangkok? In Thailand.</think>\n\nกรุงเทพฯ อยู่ในประเทศไทย"
ANSWER = "กรุงเทพฯ อยู่ในประเทศไทย"


async def _message(strategy: PivotReason, said: Any, **fields: Any) -> dict[str, Any]:
    context, _ = surroundings("th", QUESTION)
    document = await collected(
        await strategy(chat(QUESTION, **fields), TalkingEngine(lambda _: said), context)
    )
    message: dict[str, Any] = orjson.loads(document)["choices"][0]["message"]
    return message


async def test_reasoning_comes_apart_from_the_answer_or_not_at_all() -> None:
    apart = await _message(PivotReason(), SAID)
    assert (apart["content"], apart["reasoning_content"]) == (ANSWER, "Where is Bangkok? In Thailand.")
    assert await _message(PivotReason(reasoning="drop"), SAID) == {"role": "assistant", "content": ANSWER}


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_reasoning_that_the_engine_itself_told_apart_is_dropped_too(field: str) -> None:
    said = {"role": "assistant", "content": ANSWER, field: "Where is Bangkok?"}
    assert (await _message(PivotReason(), said))[field] == "Where is Bangkok?"
    assert await _message(PivotReason(reasoning="drop"), said) == {"role": "assistant", "content": ANSWER}


@pytest.mark.parametrize("stop", ["\n", ["।", "。"]])
async def test_stop_strings_of_the_answer_would_end_the_reasoning_so_there_is_none(stop: Any) -> None:
    engine = TalkingEngine(lambda _: ANSWER)
    context, notes = surroundings("th", QUESTION)
    asked = chat(QUESTION, stop=stop)
    await collected(await PivotReason()(asked, engine, context))
    assert notes == [Skipped("pivot_reason", "stop")]
    assert engine.calls == [asked]


@pytest.mark.parametrize("stop", [None, []])
async def test_no_stop_strings_are_none(stop: Any) -> None:
    assert (await _message(PivotReason(), SAID, stop=stop))["content"] == ANSWER
