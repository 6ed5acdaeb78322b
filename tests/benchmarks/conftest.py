"""A stub engine that listens."""

from collections.abc import AsyncIterator

import pytest

from benchmarks.stub_engine import StubEngine


@pytest.fixture
async def engine() -> StubEngine:
    return StubEngine()


@pytest.fixture
async def url(engine: StubEngine) -> AsyncIterator[str]:
    """Where it takes chat completions."""
    async with await engine.listen() as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/v1/chat/completions"
