"""How a response's pieces leave: together where they are there together, and never later than before."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from gateway.one_write import HeadWithBody, OneWriteProtocol, in_one_write

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
NAMASTE = "नमस्ते".encode()


class Written(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True


async def test_a_head_and_its_body_are_one_write() -> None:
    real = Written()
    transport = HeadWithBody(real)
    for _ in range(2):
        transport.write(HEAD)
        transport.write(NAMASTE)
    assert real.writes == [HEAD + NAMASTE] * 2
    await asyncio.sleep(0)
    assert len(real.writes) == 2


async def test_a_head_waits_for_one_round_of_the_loop_at_most() -> None:
    real = Written()
    transport = HeadWithBody(real)
    transport.write(HEAD)
    assert real.writes == []
    await asyncio.sleep(0)
    assert real.writes == [HEAD]
    transport.write(NAMASTE[:2])
    transport.write(NAMASTE[2:])
    assert real.writes == [HEAD, NAMASTE[:2], NAMASTE[2:]]


async def test_a_head_after_a_head_leaves_with_it() -> None:
    real = Written()
    transport = HeadWithBody(real)
    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    transport.write(HEAD)
    assert real.writes == [b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD]


async def test_nothing_is_lost_where_a_head_is_the_last_thing_before_the_end() -> None:
    real = Written()
    transport = HeadWithBody(real)
    transport.write(HEAD)
    transport.close()
    assert real.writes == [HEAD]
    assert real.is_closed
    await asyncio.sleep(0)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Its path as a body, or as a stream of three pieces."""
    body = str(scope["path"]).encode()
    length = [] if body.startswith(b"/stream") else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    for _ in range(0 if length else 2):
        await send({"type": "http.response.body", "body": NAMASTE, "more_body": True})
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": body})


async def answer_in_one_write(scope: Scope, receive: Receive, send: Send) -> None:
    """The same, where the server was not set up for it."""
    in_one_write(send)
    assert isinstance(vars(send.__self__)["transport"], HeadWithBody)  # type: ignore[attr-defined]
    await answer(scope, receive, send)


@pytest.fixture(params=["by the server", "by the app"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    config = uvicorn.Config(answer, port=0, log_level="warning", lifespan="off", http=OneWriteProtocol)
    if request.param == "by the app":
        config = uvicorn.Config(answer_in_one_write, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def test_answers_over_one_connection_stay_whole_and_in_order(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    paths = ["/a", "/stream/b", "/c", "/d"]
    for path in paths:
        last = "connection: close\r\n" if path == paths[-1] else ""
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n{last}\r\n".encode())
    answers = (await reader.read()).split(b"HTTP/1.1 200 OK\r\n")[1:]
    writer.close()
    chunk = b"%x\r\n%s\r\n" % (len(NAMASTE), NAMASTE)
    assert [each.partition(b"\r\n\r\n")[2] for each in answers] == [
        b"/a",
        chunk * 2 + b"9\r\n/stream/b\r\n0\r\n\r\n",
        b"/c",
        b"/d",
    ]


def test_the_send_of_another_server_is_left_alone() -> None:
    async def send(message: object) -> None:
        """Not uvicorn's."""

    in_one_write(send)
