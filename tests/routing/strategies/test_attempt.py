"""Budgets, retries, and what is done instead."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Self

import pytest

from routing.context import Context
from routing.errors import BudgetExceeded, EngineError, EngineFailed, EngineTimeout, EngineUnavailable
from routing.generation import Engine, Generation, Stream
from routing.notes import Degraded, Retried
from routing.replay import Held
from routing.strategies.attempt import Attempt
from routing.strategies.direct import Direct
from routing.strategies.route import Route
from routing.strategies.samples import Samples
from routing.strategies.self_translate import SelfTranslate
from tests.routing.strategies.surroundings import by_purpose, chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

SWAHILI = "Je, mji mkuu wa Kenya ni upi, na una wakazi wangapi?"


def _translating(**fields: object) -> Attempt:
    inner = SelfTranslate(skip=())
    return Attempt.model_validate({"inner": inner, **fields})


async def test_a_failed_translation_falls_back_to_direct_and_says_so() -> None:
    engine = TalkingEngine(by_purpose(translate_request=EngineFailed("no"), answer="Nairobi."))
    context, notes = surroundings("sw", SWAHILI)
    said = await collected(await _translating()(chat(SWAHILI, stream=True), engine, context))
    assert "Nairobi" in said.decode()
    assert notes == [Degraded("self_translate", "engine_failed", "direct")]
    assert engine.open == 0


async def test_a_failure_is_retried_before_anything_else_is_tried() -> None:
    failures = iter([EngineUnavailable("gone"), EngineUnavailable("gone")])

    def reply(generation: Generation) -> str | EngineError:
        return next(failures, "Nairobi.")

    context, notes = surroundings()
    attempt = Attempt(inner=Direct(), retries=2, otherwise=())
    said = await collected(await attempt(chat(SWAHILI, stream=True), TalkingEngine(reply), context))
    assert "Nairobi" in said.decode()
    assert notes == [Retried("direct", "engine_unavailable")] * 2


async def test_with_nothing_else_to_try_the_last_error_is_raised() -> None:
    engine = TalkingEngine(lambda _: EngineFailed("no"))
    context, _ = surroundings()
    with pytest.raises(EngineFailed):
        await Attempt(inner=Direct(), retries=1, otherwise=())(chat(SWAHILI), engine, context)
    assert len(engine.calls) == 2


async def test_running_out_of_time_degrades_in_the_order_of_the_policy() -> None:
    engine = TalkingEngine(by_purpose(translate_request="x", sample=["a", "b"], answer="Nairobi."))
    engine.hangs_before = frozenset({"translate_request", "sample"})
    context, notes = surroundings("sw", SWAHILI)
    attempt = _translating(seconds=0.05, otherwise=(Samples(n=2), Direct()))
    said = await collected(await attempt(chat(SWAHILI, stream=True), engine, context))
    assert "Nairobi" in said.decode()
    assert [(note.reason, note.to) for note in notes if isinstance(note, Degraded)] == [
        ("deadline", "samples"),
        ("deadline", "direct"),
    ]


async def test_running_out_of_time_with_nothing_else_is_a_timeout() -> None:
    engine = TalkingEngine(lambda _: "x", hangs_before=frozenset({"answer"}))
    context, _ = surroundings()
    with pytest.raises(EngineTimeout):
        await Attempt(inner=Direct(), seconds=0.02, retries=1, otherwise=())(chat(SWAHILI), engine, context)
    assert len(engine.calls) == 1  # trying again cannot help where the time is gone


class _Silent(TalkingEngine):
    """Takes every generation; the streams of its ``hangs`` never say a word, as in a queue that does not move."""

    async def generate(self, generation: Generation) -> Stream:
        stream = await super().generate(generation)
        return _Unspoken(stream) if generation.model in self.hangs else stream


class _Unspoken:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.Event().wait()
        return b""

    async def aclose(self) -> None:
        await self._stream.aclose()


async def test_an_engine_that_takes_a_request_and_says_nothing_has_not_answered_in_time() -> None:
    engine = _Silent(lambda _: "Nairobi.", hangs=frozenset({"big"}))
    context, notes = surroundings()
    attempt = Attempt(inner=Route(model="big"), seconds=0.05, otherwise=(Direct(),))
    said = await collected(await attempt(chat(SWAHILI, stream=True), engine, context))
    assert "Nairobi" in said.decode()
    assert notes == [Degraded("route", "deadline", "direct")]
    assert engine.open == 0


async def test_a_document_that_fails_half_way_is_replaced() -> None:
    engine = TalkingEngine(
        by_purpose(
            translate_request=lambda g: g.body["messages"][-1]["content"].replace("mkuu", "main"),
            pivot="Nairobi.\n\nFour million.",
            translate_answer=lambda g: (
                EngineFailed("no") if "Four" in str(g.body["messages"][-1]) else "Nairobi."
            ),
            answer="Nairobi, milioni nne.",
        )
    )
    context, notes = surroundings("sw", SWAHILI)
    said = await collected(await _translating(seconds=100.0)(chat(SWAHILI), engine, context))
    assert "milioni nne" in said.decode()
    assert notes == [Degraded("self_translate", "engine_failed", "direct")]
    assert engine.open == 0


async def test_a_document_that_is_on_its_way_may_take_its_time() -> None:
    async def late() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(0.05)
        yield b"{}"

    class Inner(Direct):
        async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
            return Held(late())  # without a turn of the event loop: no clock can interfere

    context, notes = surroundings()
    attempt = Attempt(inner=Inner(), seconds=0.01)
    said = await collected(await attempt(chat(SWAHILI), TalkingEngine(lambda _: "x"), context))
    assert (said, notes) == (b"{}", [])


async def test_an_answer_that_breaks_off_before_its_first_word_is_tried_again() -> None:
    engine = TalkingEngine(lambda _: "Nairobi.", breaks_after={"answer": 0})
    context, notes = surroundings()
    with pytest.raises(EngineError):
        await Attempt(inner=Direct(), retries=1, otherwise=())(chat(SWAHILI, stream=True), engine, context)
    assert notes == [Retried("direct", "engine_error")]
    assert (len(engine.calls), engine.open) == (2, 0)


async def test_bounds_hold_within_an_attempt_that_sets_none() -> None:
    engine = TalkingEngine(lambda generation: ["neno " * 400] * generation.body.get("n", 1))
    context, notes = surroundings("sw", SWAHILI)
    within = Attempt(inner=Samples(n=3), retries=1, otherwise=())
    attempt = Attempt(inner=within, tokens=60, seconds=100.0, otherwise=(Direct(),))
    said = await collected(await attempt(chat(SWAHILI, stream=True), engine, context))
    assert "neno" in said.decode()
    assert notes == [Degraded("attempt", BudgetExceeded.code, "direct")]
    drawn = [call for call in engine.calls if call.purpose == "sample"]
    assert all(call.is_streamed for call in drawn)  # else nobody could count what they draw
    assert engine.open == 0


async def test_of_two_deadlines_the_earlier_one_ends_the_gathering() -> None:
    given: list[float | None] = []

    class Inner(Direct):
        async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
            given.append(context.deadline)
            return await super().__call__(generation, engine, context)

    engine = TalkingEngine(lambda _: "Nairobi.")
    for inner_s, outer_s in ((None, 100.0), (1000.0, 100.0), (100.0, 1000.0), (100.0, None)):
        within = Attempt(inner=Inner(), seconds=inner_s)
        context, _ = surroundings("sw", SWAHILI)
        before = asyncio.get_running_loop().time()
        await collected(await Attempt(inner=within, seconds=outer_s)(chat(SWAHILI), engine, context))
        after = asyncio.get_running_loop().time()
        found = given.pop()
        assert found is not None
        assert before + 90 <= found <= after + 90


async def test_hidden_calls_stop_at_their_token_budget_and_direct_answers() -> None:
    engine = TalkingEngine(by_purpose(translate_request="word " * 400, answer="Nairobi."))
    context, notes = surroundings("sw", SWAHILI)
    attempt = _translating(tokens=20, retries=1)
    said = await collected(await attempt(chat(SWAHILI, stream=True), engine, context))
    assert "Nairobi" in said.decode()
    assert notes == [Degraded("self_translate", BudgetExceeded.code, "direct")]
    assert engine.pieces_sent < 40
    assert engine.open == 0


async def test_samples_that_are_there_at_the_deadline_are_chosen_from() -> None:
    def reply(generation: Generation) -> list[str]:
        return ["Nairobi."] * generation.body.get("n", 1)

    engine = _SlowWhenHot(reply)
    deadline = asyncio.get_running_loop().time() + 0.5
    context, notes = surroundings("sw", SWAHILI, deadline=deadline)
    said = await collected(await Samples(n=3)(chat(SWAHILI, stream=True), engine, context))
    assert "Nairobi" in said.decode()
    assert notes[0] == Degraded("samples", "deadline", "fewer")
    assert engine.open == 0


async def test_what_is_gathered_is_there_at_nine_tenths_of_the_time() -> None:
    given: list[float | None] = []

    class Inner(Direct):
        async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
            given.append(context.deadline)
            return await super().__call__(generation, engine, context)

    attempt = Attempt(inner=Inner(), seconds=100.0, otherwise=(Direct(),))
    context, _ = surroundings("sw", SWAHILI)
    before = asyncio.get_running_loop().time()
    await collected(await attempt(chat(SWAHILI), TalkingEngine(lambda _: "Nairobi."), context))
    after = asyncio.get_running_loop().time()
    assert given[0] is not None
    assert before + 90 <= given[0] <= after + 90


class _SlowWhenHot(TalkingEngine):
    async def generate(self, generation: Generation) -> Stream:
        if generation.body.get("temperature"):
            await asyncio.Event().wait()
        return await super().generate(generation)


async def test_an_answer_that_has_begun_is_never_replaced_by_another() -> None:
    engine = TalkingEngine(lambda _: "Nairobi ni mji mkuu wa Kenya.", breaks_after={"answer": 2})
    context, notes = surroundings()
    stream = await Attempt(inner=Direct())(chat(SWAHILI, stream=True), engine, context)
    with pytest.raises(EngineError):
        await collected(stream)
    assert len(engine.calls) == 1
    assert notes == []


def test_an_attempt_that_would_change_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="would change nothing"):
        Attempt(inner=Direct(), otherwise=())
