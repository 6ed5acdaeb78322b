import asyncio
import socket

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.prompts import chat_requests
from benchmarks.stream_client import StreamClient
from benchmarks.stream_load import StreamLoad, run_stream_load
from benchmarks.stub_engine import StubEngine
from benchmarks.stub_pace import Pace

BODIES = chat_requests("stub", 50, stream=True)


async def test_every_chunk_of_every_answer_is_counted(url: str, engine: StubEngine) -> None:
    totals = await run_stream_load(StreamLoad(BODIES, 4, 0.3, least_chunks=50), url, "key")
    assert {answer.chunks for answer in totals.answers} == {1 + 50 + 1}  # role, words, finish reason
    assert len(totals.answers) > 4
    assert totals.chunks >= 52 * len(totals.answers)
    assert totals.chunk_us == pytest.approx(totals.duration_s / totals.chunks * 1e6)


async def test_the_first_chunk_is_timed_from_the_request(url: str, engine: StubEngine) -> None:
    engine.pace = Pace(first_token_s=0.05, token_s=0.001)
    totals = await run_stream_load(StreamLoad(BODIES, 2, 0.5, least_chunks=50), url, "key")
    assert all(0.05 <= answer.first_chunk_s < answer.duration_s for answer in totals.answers)


async def test_no_answer_is_left_running_when_the_time_is_over(url: str, engine: StubEngine) -> None:
    engine.pace = Pace(token_s=10)
    await run_stream_load(StreamLoad(BODIES, 3, 0.2, least_chunks=50), url, "key")
    async with asyncio.timeout(30):
        while engine.stats.aborted < 3:
            await asyncio.sleep(0.001)


async def test_an_answer_that_is_too_short_is_an_error(url: str) -> None:
    with pytest.raises(BenchmarkError, match="52 chunks came where there should be 60"):
        await run_stream_load(StreamLoad(BODIES, 1, 5, least_chunks=60), url, "key")


async def test_a_refusal_is_an_error(url: str) -> None:
    with pytest.raises(BenchmarkError, match="HTTP 404"):
        await run_stream_load(StreamLoad(BODIES, 1, 5, least_chunks=1), url.replace("chat", "cat"), "key")


async def test_silence_is_an_error(url: str, engine: StubEngine) -> None:
    engine.pace = Pace(first_token_s=30)
    with pytest.raises(BenchmarkError, match="no chunk"):
        await run_stream_load(StreamLoad(BODIES, 1, 0.1, least_chunks=1), url, "key")


async def test_an_answer_that_breaks_off_is_an_error() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: {}\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(break_off, "127.0.0.1", 0, family=socket.AF_INET) as server:
        host, port = server.sockets[0].getsockname()
        async with StreamClient(f"http://{host}:{port}/v1", "key") as client:
            with pytest.raises(BenchmarkError, match="closed before"):
                await client.read(b"{}")
