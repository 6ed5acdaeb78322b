"""How often engines are asked whether they answer, however often the gateway is."""

import asyncio

import pytest

from gateway.engines import readiness
from gateway.engines.readiness import Readiness


class Probe:
    """Says what it is told to say, after a while. asked: how often it was."""

    def __init__(self, says: bool) -> None:
        self.says, self.asked = says, 0

    async def __call__(self) -> bool:
        self.asked += 1
        await asyncio.sleep(0.01)
        return self.says


@pytest.mark.parametrize("says", [True, False])
async def test_a_thousand_who_ask_at_once_are_one_question_to_the_engines(
    monkeypatch: pytest.MonkeyPatch, says: bool
) -> None:
    monkeypatch.setattr(readiness, "_READY_LASTS_S", 600.0)
    monkeypatch.setattr(readiness, "_NOT_READY_LASTS_S", 600.0)
    probe, one = Probe(says), Readiness()
    assert await asyncio.gather(*(one.ask(probe) for _ in range(1_000))) == [says] * 1_000
    assert probe.asked == 1


async def test_an_old_answer_is_asked_for_anew() -> None:
    probe, one = Probe(False), Readiness()
    assert not await one.ask(probe)
    probe.says = True
    one.holds_until = 0.0
    assert await one.ask(probe)
    assert probe.asked == 2


async def test_who_gives_up_waiting_leaves_the_question_to_the_next() -> None:
    probe, one = Probe(True), Readiness()
    first = asyncio.create_task(one.ask(probe))
    await asyncio.sleep(0)
    second = asyncio.create_task(one.ask(probe))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert probe.asked == 2
