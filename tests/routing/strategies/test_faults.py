"""Whatever an engine fails at, nothing is left open and nothing goes on: every strategy, selector and contract.

The engine fails at the first thing that it is asked for, then at the second, and so on until all goes through: at every
call, and at every block of every stream.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import pytest

from routing.contract.keep import keep_contract
from routing.errors import EngineFailed
from routing.events import DONE
from routing.generation import Generation, Stream
from routing.language import Detection
from tests.routing.strategies.surroundings import chat, collected, parsed, surroundings
from tests.routing.strategies.test_every_strategy import QUESTION, STRATEGIES
from tests.routing.strategies.test_leaving import COMPOSITIONS, CONTRACTS, _said, _wrong
from tests.routing.talking_engine import Reply, TalkingEngine


@dataclass
class FailingEngine(TalkingEngine):
    """Fails once, at the step of this number."""

    fails_at: int = 1
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.fails_at:
            raise EngineFailed("The engine failed.")

    async def generate(self, generation: Generation) -> Stream:
        self.step()
        return _Failing(await super().generate(generation), self)


class _Failing:
    def __init__(self, stream: Stream, engine: FailingEngine) -> None:
        self._stream = stream
        self._engine = engine

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._engine.step()
        return await anext(self._stream)

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _fails_at_every_step(start: Any, reply: Reply, **context: Any) -> None:
    for fails_at in range(1, 500):
        engine = FailingEngine(reply, piece_chars=48, fails_at=fails_at)
        given, _ = surroundings("sw", QUESTION, **context)
        with suppress(EngineFailed):
            said = await collected(await start(chat(QUESTION, stream=True), engine, given))
            assert said.endswith(DONE)
        assert engine.open == 0, f"left open after a failure at step {fails_at}"
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert others == set(), f"still at work after a failure at step {fails_at}"
        if engine.steps < fails_at:
            return
    raise AssertionError("never through")


@pytest.mark.parametrize("name", COMPOSITIONS)
async def test_a_failure_at_any_step_leaves_nothing_open(name: str) -> None:
    is_romanised = name == "transliteration"
    context = {"detection": Detection("hi-Latn", 0.9, romanised=True)} if is_romanised else {}
    await _fails_at_every_step(parsed(COMPOSITIONS[name]), _said, **context)


@pytest.mark.parametrize("level", CONTRACTS)
async def test_nor_while_a_contract_is_enforced(level: str) -> None:
    await _fails_at_every_step(partial(keep_contract, parsed(STRATEGIES["direct"]), CONTRACTS[level]), _wrong)
