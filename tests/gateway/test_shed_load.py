"""What a gateway says whose event loop is late, over real HTTP."""

import asyncio

import pytest

from gateway import shed_load
from gateway.loop_lag import LoopLag
from tests.gateway.conftest import Running
from tests.gateway.scripted_engine import HANG, ScriptedEngine

ASK = {"model": "tiny", "messages": [{"role": "user", "content": "ประเทศไทยมีกี่จังหวัด " * 2000}]}


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Late with many requests, of which two are many."""
    monkeypatch.setattr(LoopLag, "is_late", property(lambda _: True))
    monkeypatch.setattr(shed_load, "_MANY", 2)
    return monkeypatch


async def ask(running: Running) -> int:
    async with running.client.post("/v1/chat/completions", json=ASK) as response:
        await response.read()
        return response.status


async def busy(running: Running, engine: ScriptedEngine) -> list[asyncio.Task[int]]:
    """Two requests that the engine does not answer."""
    engine.steps = [HANG]
    tasks = [asyncio.create_task(ask(running)) for _ in range(2)]
    while len(engine.requests) < 2:
        await asyncio.sleep(0.01)
    return tasks


async def end(tasks: list[asyncio.Task[int]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.usefixtures("late")
async def test_it_refuses_in_openais_form_and_says_when_to_come_back(
    running: Running, engine: ScriptedEngine
) -> None:
    tasks = await busy(running, engine)
    for stream in (True, False):
        async with running.client.post("/v1/chat/completions", json=ASK | {"stream": stream}) as response:
            assert response.status == 429
            assert int(response.headers["retry-after"]) > 0
            assert (await response.json())["error"] == {
                "message": "The gateway has more to do than its CPU can. Try again in a moment.",
                "type": "rate_limit_error",
                "param": None,
                "code": "gateway_overloaded",
            }
    assert len(engine.requests) == 2
    await end(tasks)


@pytest.mark.usefixtures("late")
async def test_it_answers_probes_and_counts_what_it_refuses(running: Running, engine: ScriptedEngine) -> None:
    tasks = await busy(running, engine)
    assert await ask(running) == 429
    for path in ("/health", "/ready"):
        async with running.client.get(path) as response:
            assert response.status == 200
    async with running.client.get("/metrics") as response:
        assert 'dragoman_refused_total{code="gateway_overloaded"} 1.0' in await response.text()
    await end(tasks)


@pytest.mark.usefixtures("late")
async def test_few_requests_are_answered_however_late_the_loop_is(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("นม", "สวัส", "ดี")
    for _ in range(5):
        assert await ask(running) == 200


async def test_it_answers_again_when_it_is_over(
    running: Running, engine: ScriptedEngine, late: pytest.MonkeyPatch
) -> None:
    tasks = await busy(running, engine)
    assert [await ask(running) for _ in range(3)] == [429] * 3
    await end(tasks)
    engine.says("นม", "สวัส", "ดี")
    late.undo()
    assert await ask(running) == 200
