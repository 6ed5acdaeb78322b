import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from benchmarks.stub_answers import text
from benchmarks.stub_engine import StubEngine
from benchmarks.stub_pace import Pace


class Served:
    """A stub in the test's own event loop, and a client of it."""

    def __init__(self, engine: StubEngine, client: aiohttp.ClientSession) -> None:
        self.engine = engine
        self.client = client

    async def ask(self, **body: Any) -> Any:
        async with self.client.post("/v1/chat/completions", json=body) as response:
            assert response.status == 200
            return await response.json()

    async def ended(self) -> None:
        async with asyncio.timeout(30):
            while self.engine.stats.begun != self.engine.stats.finished + self.engine.stats.aborted:
                await asyncio.sleep(0.001)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    engine = StubEngine()
    server = await engine.listen()
    host, port = server.sockets[0].getsockname()
    async with server, aiohttp.ClientSession(f"http://{host}:{port}") as client:
        yield Served(engine, client)


async def test_an_answer_is_as_long_as_was_asked_for(served: Served) -> None:
    answer = await served.ask(max_tokens=20)
    assert answer["choices"][0]["message"]["content"] == text(20)
    assert answer["usage"]["completion_tokens"] == 20


async def test_a_connection_is_kept_alive_for_the_next_request(served: Served) -> None:
    for _ in range(3):
        await served.ask(max_tokens=1)
    assert served.client.connector is not None
    assert len(served.client.connector._conns) == 1
    assert served.engine.stats.finished == 3


async def test_a_stream_ends_with_done(served: Served) -> None:
    body = {"stream": True, "max_tokens": 1000}
    async with served.client.post("/v1/completions", json=body) as response:
        assert response.content_type == "text/event-stream"
        received = await response.text()
    assert received.count("data: {") == 1000 + 1  # and the one that holds the finish reason
    assert received.endswith("data: [DONE]\n\n")


async def test_a_slow_reader_gets_the_whole_answer(served: Served) -> None:
    body = {"stream": True, "max_tokens": 60_000}  # 9 MB: more than all buffers on the way hold
    async with served.client.post("/v1/completions", json=body) as response:
        await asyncio.sleep(0.3)
        assert served.engine.stats.finished == 0
        assert (await response.text()).count("data: {") == 60_000 + 1
    assert served.engine.stats.finished == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_dropped_client_counts_as_aborted(served: Served, stream: bool) -> None:
    served.engine.pace = Pace(first_token_s=30)
    asking = asyncio.create_task(served.ask(stream=stream))
    while served.engine.stats.begun == 0:
        await asyncio.sleep(0.001)
    asking.cancel()
    await served.ended()
    assert (served.engine.stats.finished, served.engine.stats.aborted) == (0, 1)


async def test_a_client_dropped_in_mid_stream_counts_as_aborted(served: Served) -> None:
    served.engine.pace = Pace(token_s=0.01)
    body = {"stream": True, "max_tokens": 1000}
    async with served.client.post("/v1/chat/completions", json=body) as response:
        await response.content.readline()
    await served.ended()
    assert (served.engine.stats.finished, served.engine.stats.aborted) == (0, 1)


async def test_the_pace_can_be_set_while_it_runs(served: Served) -> None:
    async with served.client.post("/pace", json={"first_token_s": 0.1, "token_s": 0.02}) as response:
        assert response.status == 200
    for stream in (True, False):
        begun_s = time.perf_counter()
        async with served.client.post(
            "/v1/chat/completions", json={"stream": stream, "max_tokens": 6}
        ) as response:
            await response.read()
        assert time.perf_counter() - begun_s >= 0.1 + 5 * 0.02


async def test_stats_and_models_are_told(served: Served) -> None:
    await served.ask(max_tokens=1)
    async with served.client.get("/stats") as response:
        assert await response.json() == {"begun": 1, "finished": 1, "aborted": 0}
    async with served.client.get("/v1/models") as response:
        assert [model["id"] for model in (await response.json())["data"]] == ["stub"]
    async with served.client.get("/health") as response:
        assert response.status == 200


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/pace"])
@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b'{"max_tokens": "x", "token_s": "x"}'])
async def test_a_malformed_body_is_a_400(served: Served, path: str, body: bytes) -> None:
    async with served.client.post(path, data=body) as response:
        assert response.status == 400
    await served.ask(max_tokens=1)


async def test_an_unknown_endpoint_is_a_404(served: Served) -> None:
    async with served.client.post("/v1/embeddings", json={}) as response:
        assert response.status == 404
    async with served.client.get("/nothing") as response:
        assert response.status == 404
