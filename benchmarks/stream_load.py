"""Load of streamed answers for a set time."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count

from benchmarks.errors import BenchmarkError
from benchmarks.prompts import NUMBER
from benchmarks.stream_client import StreamClient, StreamTimes


@dataclass(frozen=True, slots=True)
class StreamLoad:
    """`clients` connections that each read one stream after another until `duration_s` is over.

    bodies: requests with ``"stream": true`` and `prompts.NUMBER` in each, sent in turn.
    least_chunks: a whole answer with fewer is an error.
    """

    bodies: Sequence[str]
    clients: int
    duration_s: float
    least_chunks: int


@dataclass(frozen=True, slots=True)
class StreamTotals:
    """What arrived within `duration_s`: chunks of finished and unfinished answers, and finished answers."""

    chunks: int
    duration_s: float
    answers: tuple[StreamTimes, ...]

    @property
    def chunk_us(self) -> float:
        """Wall time per chunk in microseconds, all clients together."""
        return self.duration_s / self.chunks * 1e6


async def run_stream_load(load: StreamLoad, url: str, api_key: str) -> StreamTotals:
    """Raises `BenchmarkError` where an answer is refused, broken off or too short."""
    numbers = count(1)
    answers: list[StreamTimes] = []

    async def read_on(client: StreamClient) -> None:
        while True:
            number = next(numbers)
            body = load.bodies[number % len(load.bodies)].replace(NUMBER, str(number))
            answers.append(_long_enough(await client.read(body.encode()), load.least_chunks))

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(StreamClient(url, api_key)) for _ in range(load.clients)]
        begun_s = time.perf_counter()
        tasks = [asyncio.create_task(read_on(client)) for client in clients]
        failed, _ = await asyncio.wait(tasks, timeout=load.duration_s, return_when=asyncio.FIRST_EXCEPTION)
        duration_s = time.perf_counter() - begun_s
        for task in tasks:
            task.cancel()
        for task in failed:
            await task
    if not any(client.chunks for client in clients):
        raise BenchmarkError(f"{url} sent no chunk in {load.duration_s} s")
    return StreamTotals(sum(client.chunks for client in clients), duration_s, tuple(answers))


def _long_enough(answer: StreamTimes, least_chunks: int) -> StreamTimes:
    if answer.chunks < least_chunks:
        raise BenchmarkError(f"{answer.chunks} chunks came where there should be {least_chunks}")
    return answer
