"""Wherever a client leaves, nothing goes on for it: every strategy, selector and contract, every form of request.

The client leaves after one turn of the event loop, after two, and so on until the answer is through: so at every await.
"""

import asyncio
from functools import partial
from typing import Any

import pytest

from routing.contract.keep import keep_contract
from routing.contract_settings import ContractSettings
from routing.generation import Generation
from routing.language import Detection
from tests.routing.in_english import in_english
from tests.routing.strategies.surroundings import chat, collected, parsed, surroundings
from tests.routing.strategies.test_every_strategy import CALL, QUESTION, REQUESTS, STRATEGIES, TEXT
from tests.routing.talking_engine import TalkingEngine

WRONG = "Nairobi is the capital of Kenya, a very large city, and more than four million people live there."
ELSEWHERE = {"model": "other"}


def _samples(**selector: Any) -> dict[str, Any]:
    return {"kind": "samples", "n": 3, "selector": selector}


COMPOSITIONS: dict[str, dict[str, Any]] = {
    **STRATEGIES,
    "chops": _samples(kind="chops", judge=ELSEWHERE),
    "likelihood": _samples(kind="likelihood"),
    "embeddings": _samples(kind="mbr", embedder=ELSEWHERE),
    "evidence": _samples(kind="xmbr", m=2, language="en"),
    "scores": _samples(kind="reward", scorer=ELSEWHERE),
    "rewards": _samples(kind="reward", scorer=ELSEWHERE, endpoint="pooling"),
    "transliteration": {"kind": "romanize", "add": "native"},
    "votes of translations": {
        "kind": "vote_across",
        "pivots": ["en", "fr"],
        "inner": {"kind": "self_translate", "skip": []},
    },
}
CONTRACTS = {
    "flag": ContractSettings(level="flag"),
    "retry, then translate": ContractSettings(level="retry", otherwise="translate"),
    "retry, then send": ContractSettings(level="retry", otherwise="send"),
}


def _said(generation: Generation) -> Any:
    """Samples that differ, so that selectors have to choose; texts as they are wanted, or as they are not."""
    body, n = generation.body, generation.body.get("n", 1)
    if generation.purpose == "embed":
        return {"data": [{"index": place, "embedding": [1, place]} for place, _ in enumerate(body["input"])]}
    if generation.endpoint == "score":
        return {"data": [{"index": place, "score": place} for place, _ in enumerate(body["text_2"])]}
    if generation.endpoint == "pooling":
        return {"data": [{"index": 0, "data": [0.5]}]}
    if generation.purpose.startswith("trans"):
        return in_english(body["messages"][-1]["content"], only=QUESTION)
    if generation.purpose == "judge":
        return "BEST: 2"
    if body.get("tools"):
        return [{"role": "assistant", "content": None, "tool_calls": [CALL]}] * n
    if body.get("response_format"):
        return ['{"jibu": "Nairobi", "idadi": 4397073}'] * n
    return [f"{TEXT} {place + body.get('temperature', 1)}" for place in range(n)]


def _wrong(generation: Generation) -> Any:
    """Answers in another language than is owed, which a contract asks for again and then has translated."""
    body = generation.body
    return body["messages"][-1]["content"] if generation.purpose.startswith("trans") else WRONG


async def _leaves_at_every_step(start: Any, engine_of: Any, generation: Generation, **context: Any) -> None:
    async def whole(engine: TalkingEngine) -> bytes:
        given, _ = surroundings("sw", QUESTION, **context)
        return await collected(await start(generation, engine, given))

    for turns in range(2000):
        engine = engine_of()
        task = asyncio.create_task(whole(engine))
        for _ in range(turns):
            await asyncio.sleep(0)
        if task.done():
            assert await task
            return
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert engine.open == 0, f"left open after {turns} turns"
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert others == set(), f"still at work after {turns} turns"
    raise AssertionError("never through")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("request_kind", ["plain", "tools", "json"])
@pytest.mark.parametrize("name", COMPOSITIONS)
async def test_a_client_may_leave_at_any_step(name: str, request_kind: str, stream: bool) -> None:
    generation = chat(QUESTION, stream=stream, **REQUESTS[request_kind])
    context: dict[str, Any] = {}
    if name == "transliteration":
        context["detection"] = Detection("hi-Latn", 0.9, romanised=True)
    await _leaves_at_every_step(
        parsed(COMPOSITIONS[name]), partial(TalkingEngine, _said, piece_chars=48), generation, **context
    )


@pytest.mark.parametrize("inner", ["direct", "samples", "attempt"])
@pytest.mark.parametrize("level", CONTRACTS)
async def test_a_client_may_leave_while_a_contract_is_enforced(level: str, inner: str) -> None:
    start = partial(keep_contract, parsed(STRATEGIES[inner]), CONTRACTS[level])
    engine_of = partial(TalkingEngine, _wrong, piece_chars=48)
    await _leaves_at_every_step(start, engine_of, chat(QUESTION, stream=True))


EXPECTED = {
    "chops": ["sample", "judge"],
    "embeddings": ["sample", "embed"],
    "evidence": ["sample", "evidence"],
    "scores": ["sample", "reward"],
    "rewards": ["sample", "reward"],
    "transliteration": ["transliterate", "answer"],
}


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_table_makes_the_calls_that_it_is_for(name: str) -> None:
    engine = TalkingEngine(_said)
    detection = Detection("hi-Latn" if name == "transliteration" else "sw", 0.9, romanised=True)
    context, _ = surroundings("sw", QUESTION, detection=detection)
    await collected(await parsed(COMPOSITIONS[name])(chat(QUESTION, stream=True), engine, context))
    assert set(engine.purposes()) == set(EXPECTED[name])


async def test_the_contract_s_table_asks_again_and_translates() -> None:
    engine = TalkingEngine(_wrong)
    context, _ = surroundings("sw", QUESTION)
    settings = CONTRACTS["retry, then translate"]
    stream = await keep_contract(
        parsed(STRATEGIES["direct"]), settings, chat(QUESTION, stream=True), engine, context
    )
    await collected(stream)
    assert engine.purposes() == ["answer", "answer", "translate_answer"]
