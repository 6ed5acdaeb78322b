"""The highest score wins, by either of vLLM's endpoints."""

import asyncio
from typing import Any

import pytest

from routing.errors import EngineFailed
from routing.generation import Generation
from routing.notes import Degraded
from routing.other_model import OtherModel
from routing.selectors.mbr import Mbr
from routing.selectors.reward import Reward
from tests.routing.selectors.selecting import (
    SILENT,
    Answer,
    AnsweringEngine,
    asked,
    context_in,
    samples_of,
)

SCORER = OtherModel(model="rm", engine="rewards")
SCORES = {"हाँ": 0.2, "नहीं": 0.9, "शायद": 0.5}


def _score(generation: Generation) -> dict[str, Any]:
    texts = generation.body["text_2"]
    rows = [{"index": index, "object": "score", "score": SCORES[text]} for index, text in enumerate(texts)]
    return {"object": "list", "data": rows[::-1]}


def _pooling(generation: Generation) -> dict[str, Any]:
    text = generation.body["messages"][-1]["content"]
    return {"object": "list", "data": [{"index": 0, "object": "pooling", "data": [SCORES[text]]}]}


async def test_a_cross_encoder_scores_all_different_samples_in_one_call() -> None:
    engine = AnsweringEngine(document=_score)
    samples = samples_of("हाँ", "शायद", "नहीं", "शायद", "yes", breaking=(4,))
    ranking = await Reward(scorer=SCORER)(samples, asked("सच?"), engine, context_in("hi")[0])
    assert ranking.order == (2, 1, 3, 0, 4)
    (call,) = engine.calls
    assert (call.endpoint, call.engine, call.purpose) == ("score", "rewards", "reward")
    assert call.body == {"model": "rm", "text_1": "सच?", "text_2": ["हाँ", "शायद", "नहीं"]}


async def test_a_reward_model_scores_each_conversation_by_its_raw_number() -> None:
    engine = AnsweringEngine(document=_pooling)
    reward = Reward(scorer=SCORER, endpoint="pooling")
    ranking = await reward(samples_of(*SCORES), asked("सच?"), engine, context_in("hi")[0])
    assert ranking.order == (1, 2, 0)
    assert [call.endpoint for call in engine.calls] == ["pooling"] * 3
    body = engine.calls[0].body
    assert (body["task"], body["use_activation"]) == ("classify", False)
    assert [message["role"] for message in body["messages"]] == ["user", "assistant"]


async def test_equal_scores_keep_the_order_of_the_samples() -> None:
    engine = AnsweringEngine(
        document=lambda call: {
            "data": [{"index": place, "score": 1.0} for place in range(len(call.body["text_2"]))]
        }
    )
    ranking = await Reward(scorer=SCORER)(samples_of(*SCORES), asked(), engine, context_in("hi")[0])
    assert ranking.order == (0, 1, 2)


@pytest.mark.parametrize("endpoint", ["score", "pooling"])
@pytest.mark.parametrize(
    "answer",
    [
        EngineFailed("out of memory"),
        b"no",
        {"data": []},
        {"data": [{"index": 0, "score": 1.0}]},
        {"data": [{"index": place, "score": float("nan")} for place in range(3)]},
        {"data": [{"index": place, "score": None} for place in range(3)]},
        {"data": [{"index": 0, "data": [0.1, 0.9]}]},
        {"data": [{"index": 0, "data": [[0.1], [0.9]]}]},
        {"error": "unknown"},
    ],
)
async def test_where_the_scorer_fails_chrf_chooses_and_a_note_says_so(answer: Answer, endpoint: Any) -> None:
    context, notes = context_in("hi")
    engine = AnsweringEngine(document=lambda _: answer)
    ranking = await Reward(scorer=SCORER, endpoint=endpoint)(samples_of(*SCORES), asked(), engine, context)
    assert ranking == await Mbr()(samples_of(*SCORES), asked(), SILENT, context)
    (note,) = notes
    assert isinstance(note, Degraded)
    assert (note.strategy, note.to) == ("reward", "mbr")


async def test_one_failed_score_ends_the_other_calls() -> None:
    def failing_once(generation: Generation) -> Answer:
        failed = generation.body["messages"][-1]["content"] == "नहीं"
        return EngineFailed("out of memory") if failed else _pooling(generation)

    before = asyncio.all_tasks()
    engine = AnsweringEngine(document=failing_once)
    reward = Reward(scorer=SCORER, endpoint="pooling")
    await reward(samples_of(*SCORES), asked(), engine, context_in("hi")[0])
    assert all(document.is_closed for document in engine.opened)
    assert asyncio.all_tasks() == before


async def test_there_is_nothing_to_score_where_all_samples_are_equal() -> None:
    ranking = await Reward(scorer=SCORER)(samples_of("हाँ", "हाँ"), asked(), SILENT, context_in("hi")[0])
    assert ranking.order == (0, 1)
