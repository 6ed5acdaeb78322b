"""Keeps a connection alive while an answer is prepared."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from routing.generation import Stream


async def prepared(
    preparing: Coroutine[Any, Any, Stream], interval_s: float, keep_alive: Callable[[], Awaitable[None]]
) -> Stream:
    """What ``preparing`` returns, or raises; ``keep_alive`` is called each time that the interval has passed.

    Whoever is cancelled here cancels the preparing too, and no stream is left open. Costs a task: some 20 µs.
    """
    task = asyncio.create_task(preparing)
    try:
        while not (await asyncio.wait({task}, timeout=interval_s))[0]:
            await keep_alive()
    except BaseException:
        await _abandon(task)
        raise
    return task.result()


async def _abandon(task: asyncio.Task[Stream]) -> None:
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if not isinstance(outcome, BaseException):  # it was done before it could be cancelled
        await outcome.aclose()
