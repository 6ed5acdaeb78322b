"""The load must tell a right answer from every wrong one, or the faults' table would be empty praise."""

import asyncio
from collections import Counter

import orjson
import pytest

from benchmarks.faults.bad_engine import WAYS, serve
from benchmarks.faults.load import TOKENS, Load
from benchmarks.faults.outcome import Ending, Outcome, cost
from benchmarks.stub_engine import StubEngine
from gateway.ray_serve.processes import free_port


async def endings(url: str, seconds: float = 0.4) -> Counter[Ending]:
    load = Load(url, "key", "benchmark", per_s=20)
    await load.run(seconds)
    await load.finish()
    return Counter(one.ending for one in load.outcomes)


async def test_a_right_engine_answers_every_request() -> None:
    server = await StubEngine(model="benchmark").listen()
    seen = await endings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()
    assert set(seen) == {Ending.ANSWERED}
    assert seen.total() in (8, 9)


@pytest.mark.parametrize("way", list(WAYS))
async def test_no_wrong_way_to_answer_passes_for_an_answer(way: str) -> None:
    port = free_port()
    serving = asyncio.create_task(serve(port, way))
    await asyncio.sleep(0.05)
    seen = await endings(f"http://127.0.0.1:{port}", seconds=0.2)
    await asyncio.sleep(0.1)  # for its connections to end
    serving.cancel()
    assert seen.total() >= 3
    assert not set(seen) & {Ending.ANSWERED, Ending.REFUSED, Ending.FAILED}


async def test_an_engine_that_says_something_else_is_wrong() -> None:
    """One token less than was asked for."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = orjson.dumps({"choices": [{"message": {"content": f"नमस्ते {TOKENS}"}}]})
        writer.write(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    seen = await endings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()
    assert seen[Ending.WRONG] >= 3
    assert Ending.ANSWERED not in seen


def test_a_cost_is_clean_only_where_each_request_had_an_answer_or_an_error() -> None:
    good = [Outcome(0, 1, Ending.ANSWERED), Outcome(1, 2, Ending.FAILED), Outcome(9, 1, Ending.REFUSED)]
    found = cost(good, healed_s=5)
    assert found.is_clean
    assert (found.count, found.back_s, found.slowest_s) == (3, 4, 2)
    for bad in (Ending.OPAQUE, Ending.BROKEN, Ending.HUNG, Ending.WRONG):
        assert not cost([*good, Outcome(2, 1, bad)], healed_s=5).is_clean
