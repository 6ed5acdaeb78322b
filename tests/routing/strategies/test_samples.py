"""Hedged samples: what is asked for, when it stops, what comes out."""

import asyncio
from typing import Any

import orjson
import pytest

from routing.answer import Answer
from routing.budget import Purse
from routing.errors import EngineError, EngineFailed
from routing.events import DONE
from routing.generation import Generation
from routing.notes import Degraded, Selected, Skipped
from routing.sampling.hedge import Hedge
from routing.selector import Selector
from routing.selectors.likelihood import Likelihood
from routing.selectors.mbr import Mbr
from routing.selectors.vote import Vote
from routing.strategies.direct import Direct
from routing.strategies.route import Route
from routing.strategies.samples import Samples
from routing.strategies.self_translate import SelfTranslate
from routing.strategy import Strategy
from tests.routing.strategies.surroundings import chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "سبعة زائد خمسة كم يساوي؟"
SAID = ("الجواب: ١١", "الجواب: ١٢")


def _replying(greedy: str, hot: list[str]) -> TalkingEngine:
    def reply(generation: Generation) -> list[str]:
        if not generation.body["temperature"]:
            return [greedy]
        return hot[: generation.body.get("n", 1)]

    return TalkingEngine(reply)


async def _texts(strategy: Samples, engine: TalkingEngine, **fields: Any) -> list[str]:
    context, _ = surroundings("ar", QUESTION)
    said = await collected(await strategy(chat(QUESTION, **fields), engine, context))
    if fields.get("stream"):
        answer = Answer()
        answer.take(said)
        return [choice.text for choice in answer.in_order]
    return [choice["message"]["content"] for choice in orjson.loads(said)["choices"]]


@pytest.mark.parametrize("stream", [True, False])
async def test_five_samples_take_two_calls_and_the_majority_wins(stream: bool) -> None:
    engine = _replying("الجواب: ١١", ["الجواب: ١٢", "الجواب: 12", "الجواب: ١٢", "الجواب: ١٣"])
    assert await _texts(Samples(selector=Vote()), engine, stream=stream) == ["الجواب: ١٢"]
    greedy, hot = engine.calls
    assert greedy.body["temperature"] == 0
    assert (hot.body["n"], hot.body["temperature"], hot.body["min_p"]) == (4, 0.7, 0.1)
    assert {call.purpose for call in engine.calls} == {"sample"}
    assert engine.open == 0


@pytest.mark.parametrize("inner", [Direct(), Route(model="better")])
@pytest.mark.parametrize("hedging", ["m", "better"])
async def test_an_engine_that_hedges_draws_all_samples_in_one_call(inner: Strategy, hedging: str) -> None:
    drawn = [SAID[0], *[SAID[1]] * 4]
    engine = TalkingEngine(lambda generation: drawn[: generation.body["n"]])
    context, _ = surroundings("ar", QUESTION, hedges=lambda generation: generation.model == hedging)
    asked = chat(QUESTION, seed=7, vllm_xargs={"other": 1})
    said = await collected(await Samples(selector=Vote(), inner=inner)(asked, engine, context))
    assert SAID[1] in said.decode()
    if hedging != engine.calls[0].model:
        assert [call.body["n"] for call in engine.calls] == [1, 4]
    else:
        (call,) = engine.calls
        assert (call.body["n"], call.body["temperature"], call.body["min_p"]) == (5, 0.7, 0.1)
        assert call.body["seed"] == 7  # the engine adds the place of each
        assert call.body["vllm_xargs"] == {"other": 1, "dragoman_temperatures": [0, 0.7, 0.7, 0.7, 0.7]}


async def test_a_strategy_of_several_calls_cannot_take_several_samples_from_one() -> None:
    engine = TalkingEngine(lambda _: "١٢")
    context, _ = surroundings("ar", QUESTION, hedges=lambda _: True)
    samples = Samples(n=3, inner=SelfTranslate(pivot="ar"), selector=Vote())
    await collected(await samples(chat(QUESTION), engine, context))
    assert [call.body["temperature"] for call in engine.calls] == [0, 0.7, 0.7]


async def test_a_second_stage_has_no_greedy_sample_and_hedges_nothing() -> None:
    engine = TalkingEngine(lambda generation: ["١١", "١٢", "١٣"][: generation.body["n"]])
    context, _ = surroundings("ar", QUESTION, hedges=lambda _: True)
    await collected(await Samples(first=2, selector=Vote())(chat(QUESTION, seed=7), engine, context))
    first, second = engine.calls
    assert first.body["vllm_xargs"] == {"dragoman_temperatures": [0, 0.7]}
    assert (second.body["n"], second.body["seed"]) == (3, 9)
    assert "vllm_xargs" not in second.body


async def test_a_seed_makes_every_sample_repeatable_and_different() -> None:
    inner = SelfTranslate(pivot="ar")  # leaves Arabic alone, but cannot take several samples in one call
    engine = _replying("12", ["12"])
    await _texts(Samples(n=4, inner=inner, selector=Vote(), hedge=Hedge(min_p=0)), engine, seed=7)
    assert [call.body.get("seed") for call in engine.calls] == [7, 8, 9, 10]
    assert not any("min_p" in call.body for call in engine.calls)


async def test_a_client_that_asks_for_several_gets_the_best_in_order() -> None:
    engine = _replying("١٢", ["١٣", "١٢", "١٢", "١٤"])
    texts = await _texts(Samples(selector=Vote()), engine, n=3)
    assert texts == ["١٢", "١٢", "١٢"]


async def test_sampling_stops_when_the_vote_is_decided() -> None:
    engine = _replying("١٢", ["١٢", "١٢", "١٣", "قصة طويلة " * 300])
    context, notes = surroundings("ar", QUESTION)
    await collected(await Samples(selector=Vote())(chat(QUESTION), engine, context))
    (selected,) = [note for note in notes if isinstance(note, Selected)]
    assert selected.samples < 5
    assert engine.pieces_sent < 50
    assert engine.open == 0


@pytest.mark.parametrize(
    ("selector", "bounds", "is_streamed"),
    [
        (Mbr(), {}, False),
        (Likelihood(), {}, False),
        (Vote(), {}, True),
        (Mbr(), {"purse": Purse(10_000)}, True),
        (Mbr(), {"deadline": 1e12}, True),
    ],
)
async def test_samples_come_as_a_document_where_nothing_can_end_them_early(
    selector: Selector, bounds: dict[str, Any], is_streamed: bool
) -> None:
    engine = _replying("الجواب ١٢", ["الجواب ١٢"] * 4)
    context, _ = surroundings("ar", QUESTION, **bounds)
    asked = chat(QUESTION, stream=True, stream_options={"include_usage": True})
    said = await collected(await Samples(selector=selector)(asked, engine, context))
    assert [call.is_streamed for call in engine.calls] == [is_streamed] * 2
    # vLLM refuses options of a stream where there is none.
    assert all(("stream_options" in call.body) == is_streamed for call in engine.calls)
    assert said.endswith(DONE)


async def test_the_tokens_of_a_document_are_shared_out_among_its_samples() -> None:
    choices = [
        {"index": 1, "message": {"role": "assistant", "content": "สอง", "tool_calls": []}, "finish_reason": "stop"},
        {"index": 0, "message": {"role": "assistant", "content": "หนึ่ง"}, "finish_reason": "stop",
         "logprobs": {"content": [{"token": "หนึ่ง", "logprob": -0.5}]}},
    ]  # fmt: skip
    answer = Answer()
    answer.take_document({"choices": choices, "usage": {"completion_tokens": 9}})
    assert [(choice.text, choice.deltas, choice.logprob) for choice in answer.in_order] == [
        ("หนึ่ง", 1, -0.5),
        ("สอง", 4, None),
    ]
    assert answer.in_order[1].message == {"role": "assistant", "content": "สอง"}


async def test_a_document_with_fewer_answers_than_asked_for_is_an_error() -> None:
    engine = TalkingEngine(lambda _: [])
    context, _ = surroundings("ar", QUESTION)
    with pytest.raises(EngineError, match="fewer answers"):
        await Samples()(chat(QUESTION), engine, context)
    assert engine.open == 0


async def test_a_second_stage_that_is_not_needed_counts_as_saved() -> None:
    engine = _replying("النتيجة هي ١٢", ["النتيجة هي ١٢"] * 4)
    context, notes = surroundings("ar", QUESTION)
    await collected(await Samples(first=3, selector=Vote())(chat(QUESTION), engine, context))
    (selected,) = [note for note in notes if isinstance(note, Selected)]
    assert selected.tokens_saved / (selected.tokens_saved + engine.pieces_sent) >= 0.3
    assert [call.body["n"] for call in engine.calls] == [1, 2]


async def test_more_samples_are_drawn_only_where_the_first_disagree() -> None:
    agreeing = _replying("١٢", ["١٢", "١٢", "١٢", "١٢"])
    await _texts(Samples(first=2, selector=Vote()), agreeing)
    assert [call.body["n"] for call in agreeing.calls] == [1, 1]
    disagreeing = _replying("١١", ["١٢", "١٢", "١٢"])
    assert await _texts(Samples(first=2, selector=Vote()), disagreeing) == ["١٢"]
    assert [call.body["n"] for call in disagreeing.calls] == [1, 1, 3]


async def test_samples_in_the_wrong_language_cannot_win() -> None:
    wrong = "The capital of Egypt is Cairo, a very large city on the river Nile."
    right = "عاصمة مصر هي القاهرة، وهي مدينة كبيرة تقع على نهر النيل."
    engine = _replying(wrong, [wrong, wrong, right, wrong])
    assert await _texts(Samples(), engine) == [right]


async def test_a_failing_call_costs_only_its_own_samples() -> None:
    def reply(generation: Generation) -> Any:
        return ["١٢"] if not generation.body["temperature"] else EngineFailed("no")

    engine = TalkingEngine(reply)
    context, notes = surroundings("ar", QUESTION)
    said = await collected(await Samples(selector=Vote())(chat(QUESTION), engine, context))
    assert "١٢" in said.decode()
    assert Degraded("samples", "engine_failed", "fewer") in notes


async def test_a_second_stage_draws_no_sample_again_that_the_first_had() -> None:
    def reply(generation: Generation) -> Any:
        if not generation.body["temperature"]:
            return EngineFailed("no")
        seed = generation.body["seed"]
        return [f"الجواب: {place}" for place in range(seed, seed + generation.body["n"])]

    engine = TalkingEngine(reply)
    context, notes = surroundings("ar", QUESTION)
    await collected(await Samples(first=3, n=5, selector=Vote())(chat(QUESTION, seed=100), engine, context))
    first, second = (note for note in notes if isinstance(note, Selected))
    assert (first.agreement, second.agreement) == (0.5, 0.2)  # one sample twice would look like agreement
    assert [call.body["seed"] for call in engine.calls if call.body["temperature"]] == [101, 103]


async def test_without_a_single_sample_the_engine_s_error_is_raised() -> None:
    engine = TalkingEngine(lambda _: EngineFailed("no"))
    context, _ = surroundings("ar", QUESTION)
    with pytest.raises(EngineFailed):
        await Samples(selector=Vote())(chat(QUESTION), engine, context)
    assert engine.open == 0


async def test_logprobs_are_asked_for_where_the_selector_needs_them_and_not_shown() -> None:
    engine = _replying("١٢", ["١٢"] * 4)
    context, _ = surroundings("ar", QUESTION)
    said = await collected(await Samples(selector=Likelihood())(chat(QUESTION), engine, context))
    assert all(call.body["logprobs"] is True for call in engine.calls)
    assert orjson.loads(said)["choices"][0]["logprobs"] is None


@pytest.mark.parametrize("hangs", ["before", "within"])
async def test_a_client_that_leaves_closes_every_call(hangs: str) -> None:
    engine = _replying("١٢", ["طويل جدا " * 20] * 4)
    purposes = frozenset({"sample"})
    engine.hangs_before, engine.hangs = (
        (purposes, frozenset()) if hangs == "before" else (frozenset(), purposes)
    )
    context, _ = surroundings("ar", QUESTION)
    task = asyncio.create_task(Samples(selector=Vote())(chat(QUESTION), engine, context))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.open == 0


async def test_other_endpoints_are_left_to_the_inner_strategy() -> None:
    engine = TalkingEngine(lambda _: "x")
    context, notes = surroundings()
    generation = Generation("completions", {"model": "m", "prompt": "Habari", "temperature": 1})
    await collected(await Samples()(generation, engine, context))
    assert notes == [Skipped("samples", "endpoint")]
    assert engine.calls == [generation]


async def test_tool_calls_are_voted_on_and_come_out_whole() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"القاهرة"}'}}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    engine = TalkingEngine(lambda generation: [said] * generation.body.get("n", 1))
    context, _ = surroundings("ar", QUESTION)
    stream = await Samples(n=3, selector=Vote())(chat(QUESTION, stream=True), engine, context)
    answer = Answer()
    answer.take(await collected(stream))
    assert answer.in_order[0].wire["message"]["tool_calls"][0]["function"] == call["function"]
