"""When an event loop counts as late: one that has too much to do, and one that stood still for a moment."""

import asyncio
import time

import pytest

from gateway import loop_lag
from gateway.loop_lag import LoopLag


async def busy() -> None:
    """One of many that together make each round of the loop long."""
    while True:
        time.sleep(0.01)  # noqa: ASYNC251 -- a loop that cannot keep up is what is wanted
        await asyncio.sleep(0)


async def until(lag: LoopLag, *, late: bool) -> None:
    async with asyncio.timeout(30):
        while lag.is_late != late:
            await asyncio.sleep(0.01)


async def test_a_loop_whose_rounds_are_long_is_late_until_they_are_short_again() -> None:
    lag = LoopLag(late_s=0.1)
    lag.start()
    assert not lag.is_late
    tasks = [asyncio.create_task(busy()) for _ in range(30)]
    await until(lag, late=True)
    for task in tasks:
        task.cancel()
    await until(lag, late=False)
    lag.stop()


class Clock:
    """Stands still unless it is set."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_machine_that_stood_still_for_a_minute_is_not_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(loop_lag, "monotonic", clock)
    lag = LoopLag()
    lag.start()
    clock.now_s += 60
    for _ in range(50):
        assert not lag.is_late
        await asyncio.sleep(0.01)
    lag.stop()
