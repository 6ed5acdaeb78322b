"""What holds for every strategy and every composition: what comes out, and that nothing is left behind.

A table of strategies, each with every form of request. Clients that leave are in test_leaving.py.
"""

import asyncio
from typing import Any

import orjson
import pytest

from routing.answer import Answer
from routing.events import DONE, event_json, events
from routing.generation import Generation
from routing.strategy import Strategy
from tests.routing.in_english import in_english
from tests.routing.strategies.surroundings import chat, collected, parsed, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "Je, mji mkuu wa nchi ya Kenya ni upi, na una wakazi wangapi sasa?"
TEXT = "Nairobi ndio mji mkuu.\n\nUna wakazi 4,397,073."
CALL = {"id": "1", "type": "function", "function": {"name": "tafuta", "arguments": '{"neno":"Nairobi"}'}}
TOOLS = [{"type": "function", "function": {"name": "tafuta", "parameters": {"type": "object"}}}]
FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}

STRATEGIES: dict[str, dict[str, Any]] = {
    "direct": {"kind": "direct"},
    "demonstrated": {"kind": "direct", "demonstrations": 2},
    "route": {"kind": "route", "model": "other"},
    "pivot_reason": {"kind": "pivot_reason"},
    "self_translate": {"kind": "self_translate", "skip": []},
    "samples": {"kind": "samples", "n": 3},
    "staged samples": {"kind": "samples", "n": 4, "first": 2, "selector": {"kind": "vote"}},
    "vote_across": {"kind": "vote_across", "pivots": ["en", "fr"]},
    "fuse": {"kind": "fuse", "n": 2},
    "romanize": {"kind": "romanize"},
    "steer": {"kind": "steer", "profiles": {"sw": {"profile": "maths@0123456789abcdef"}}},
    "attempt": {
        "kind": "attempt",
        "inner": {"kind": "self_translate", "skip": []},
        "seconds": 5,
        "tokens": 9000,
    },
    "samples of self-translations": {
        "kind": "samples",
        "n": 2,
        "inner": {"kind": "self_translate", "skip": []},
    },
    "self-translated samples": {"kind": "self_translate", "skip": [], "inner": {"kind": "samples", "n": 2}},
    "attempted fusion": {"kind": "attempt", "inner": {"kind": "fuse", "n": 2}, "retries": 1},
}

REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tools": {"tools": TOOLS},
    "json": {"response_format": FORMAT},
    "two answers": {"n": 2},
}


def _strategy(name: str) -> Strategy:
    return parsed(STRATEGIES[name])


def _said(generation: Generation) -> Any:
    body = generation.body
    if generation.purpose.startswith("translate"):
        return in_english(body["messages"][-1]["content"], only=QUESTION)
    if body.get("tools"):
        message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
        return [message] * body.get("n", 1)
    if body.get("response_format"):
        return ['{"jibu": "Nairobi", "idadi": 4397073}'] * body.get("n", 1)
    return [TEXT] * body.get("n", 1)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("request_kind", REQUESTS)
@pytest.mark.parametrize("name", STRATEGIES)
async def test_every_strategy_answers_every_kind_of_request(
    name: str, request_kind: str, stream: bool
) -> None:
    fields = REQUESTS[request_kind]
    engine = TalkingEngine(_said)
    context, _ = surroundings("sw", QUESTION)
    said = await collected(await _strategy(name)(chat(QUESTION, stream=stream, **fields), engine, context))
    choices = _choices(said, stream)
    assert len(choices) == fields.get("n", 1)
    for choice in choices:
        assert choice["finish_reason"]
        _is_right(choice["message"], request_kind)
    assert engine.open == 0
    assert _others() == set()


def _is_right(message: dict[str, Any], request_kind: str) -> None:
    if request_kind == "tools":
        assert message["tool_calls"][0]["function"] == CALL["function"]
    elif request_kind == "json":
        assert orjson.loads(message["content"]) == {"jibu": "Nairobi", "idadi": 4397073}
    else:
        assert message["content"] == TEXT


def _choices(said: bytes, stream: bool) -> list[dict[str, Any]]:
    if not stream:
        choices: list[dict[str, Any]] = orjson.loads(said)["choices"]
        return choices
    assert said.endswith(DONE)
    answer = Answer()
    answer.take(said)
    assert not any((event_json(event) or {}).get("usage") for event in events(said))
    return [choice.wire for choice in answer.in_order]


@pytest.mark.parametrize("name", STRATEGIES)
async def test_a_stream_that_nobody_reads_is_closed_whole(name: str) -> None:
    engine = TalkingEngine(_said)
    context, _ = surroundings("sw", QUESTION)
    stream = await _strategy(name)(chat(QUESTION, stream=True), engine, context)
    await stream.aclose()
    await stream.aclose()
    assert engine.open == 0
    assert _others() == set()


@pytest.mark.parametrize("name", STRATEGIES)
async def test_usage_comes_last_where_the_client_asks_for_it(name: str) -> None:
    engine = TalkingEngine(_said)
    context, _ = surroundings("sw", QUESTION)
    generation = chat(QUESTION, stream=True, stream_options={"include_usage": True})
    said = await collected(await _strategy(name)(generation, engine, context))
    *_, last, done = events(said)
    assert done == DONE
    chunk = event_json(last)
    assert chunk is not None
    assert chunk["usage"]
    assert chunk["choices"] == []


def _others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}
