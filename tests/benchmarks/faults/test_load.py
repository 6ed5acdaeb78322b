"""The load must tell a right answer from every wrong one, or the faults' table would be empty praise."""

import asyncio
from collections import Counter

import orjson
import pytest

from benchmarks.faults.bad_engine import WAYS, serve
from benchmarks.faults.load import TOKENS, Load, _refusal, _streamed
from benchmarks.faults.outcome import Ending, Outcome, cost, said
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
    await _until_it_listens(port)
    seen = await endings(f"http://127.0.0.1:{port}", seconds=0.2)
    await asyncio.sleep(0.1)  # for its connections to end
    serving.cancel()
    assert seen.total() >= 3
    assert not set(seen) & {Ending.ANSWERED, Ending.REFUSED, Ending.FAILED}


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.005)
            else:
                writer.close()
                await writer.wait_closed()
                return


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


def test_what_clients_were_told_is_summed_up_with_the_most_frequent_first() -> None:
    outcomes = [
        Outcome(0.0, 1, Ending.ANSWERED),
        Outcome(1.0, 1, Ending.BROKEN, "cut"),
        Outcome(2.0, 1, Ending.FAILED, "503 gateway_unavailable: später"),
        Outcome(4.5, 1, Ending.FAILED, "503 gateway_unavailable: später"),
    ]
    assert said(outcomes) == [
        "2 failed, begun at 2.0 to 4.5 s: 503 gateway_unavailable: später",
        "1 broken, begun at 1.0 to 1.0 s: cut",
    ]
    assert said(outcomes[:1]) == []


def test_an_error_is_told_with_its_code() -> None:
    error = b'{"error": {"message": "\xe1\x80\x99\xe1\x80\x9b", "code": "engine_timeout"}}'
    assert _refusal(504, error) == (Ending.FAILED, "504 engine_timeout: မရ")
    assert _refusal(429, error)[0] == Ending.REFUSED
    assert _streamed(b"data: " + error + b"\n\n") == (Ending.FAILED, "event engine_timeout: မရ")
    for page in (b"Internal Server Error", b"[]", b'{"error": "no"}', b'{"error": {"message": 3}}'):
        assert _refusal(500, page)[0] == Ending.OPAQUE
        assert _streamed(b"data: " + page + b"\n\n")[0] == Ending.BROKEN
