"""Heads that never end: in bytes, or in time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from gateway import bounded_head
from gateway.bounded_head import BoundedHeadProtocol
from gateway.one_write import OneWriteProtocol

GET = b"GET /health HTTP/1.1\r\nhost: x\r\n"

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Waits for the body, but not where the path is ``/at-once``."""
    while scope["path"] != "/at-once" and (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anybody connects."""
    monkeypatch.setattr(bounded_head, "WITHIN_S", 0.2)


@pytest.fixture
async def server() -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(answer, port=0, log_level="critical", lifespan="off", http=OneWriteProtocol)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    yield server
    server.should_exit = True
    await serving


@pytest.fixture
async def client(server: uvicorn.Server) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("endless", [GET + b"x-long: ", GET + b"a: b\r\n", b"GET /"])
async def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(
    client: Client, endless: bytes
) -> None:
    reader, writer = client
    writer.write(endless.ljust(bounded_head.MOST_BYTES, b"x"))
    await asyncio.sleep(0.05)
    writer.write(b"x")
    assert await reader.readline() == b"HTTP/1.1 431 Request Header Fields Too Large\r\n"


async def test_long_heads_one_after_the_other_are_answered(client: Client) -> None:
    reader, writer = client
    for _ in range(3):
        writer.write(GET + b"x-long: ".ljust(bounded_head.MOST_BYTES // 2, b"x"))
        await asyncio.sleep(0.01)
        writer.write(b"\r\ncontent-length: 200000\r\n\r\n")
        writer.write("आ".encode() * 66_666 + b"  ")
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"GE", b""),
        (GET, b"a: b\r\n"),
        (b"GET /at-once HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n\r\n", b"1"),
    ],
    ids=["nothing", "empty lines", "half a word", "ever more headers", "the body of an answered request"],
)
@pytest.mark.usefixtures("hasty")
async def test_who_connects_and_asks_for_nothing_more_is_not_waited_for(
    client: Client, begun: bytes, more: bytes
) -> None:
    reader, writer = client
    writer.write(begun)
    async with asyncio.timeout(60):
        while not await _has_ended(reader):
            writer.write(more)


async def _has_ended(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.05):
            return not await reader.read(1_000)
    except TimeoutError:
        return False
    except ConnectionError:
        return True


async def test_a_request_may_take_its_time_once_its_head_is_there(
    server: uvicorn.Server, client: Client
) -> None:
    reader, writer = client
    writer.write(GET + b"content-length: 3\r\n\r\na")
    async with asyncio.timeout(60):
        while not (connection := _connection(server)) or not connection.cycle:
            await asyncio.sleep(0.005)
    assert connection._timer is None
    writer.write(b"bc")
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"


def _connection(server: uvicorn.Server) -> BoundedHeadProtocol | None:
    """The only one, once it is accepted."""
    connection = next(iter(server.server_state.connections), None)
    assert connection is None or isinstance(connection, BoundedHeadProtocol)
    return connection
