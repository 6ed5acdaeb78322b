"""That a server takes what waits, under uvloop, which by itself takes one connection in each round."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from gateway.commands.accepting import AcceptingServer, listener_on

WAITING = 50
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that says hello."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"12")]})
    await send({"type": "http.response.body", "body": "สวัสดี".encode()[:12]})


async def serve(client: Callable[[AcceptingServer, int], Coroutine[Any, Any, None]]) -> None:
    """Runs a client beside a server, with its port, and ends the server."""
    config = uvicorn.Config(answers, lifespan="off", log_level="warning", timeout_graceful_shutdown=5)
    server = AcceptingServer(config, listener_on("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        await client(server, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await serving


async def asked(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    said = await reader.read()
    writer.close()
    return said


def test_all_that_wait_are_taken_in_a_round() -> None:
    async def client(server: AcceptingServer, port: int) -> None:
        waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(WAITING)]
        for _ in range(8):  # to be told of them, to take them, and to open each
            await asyncio.sleep(0)
        assert len(server.server_state.connections) == WAITING
        for one in waiting:
            one.close()

    uvloop.run(serve(client))


def test_clients_are_answered_and_none_is_taken_after_the_end() -> None:
    ports: list[int] = []

    async def client(_: AcceptingServer, port: int) -> None:
        ports.append(port)
        for said in await asyncio.gather(*(asked(port) for _ in range(WAITING))):
            assert said.startswith(b"HTTP/1.1 200")

    uvloop.run(serve(client))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]))


def test_where_no_file_is_left_it_tries_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.commands.accepting._PAUSE_S", 0.05)

    async def client(_: AcceptingServer, port: int) -> None:
        failures = iter([OSError(errno.EMFILE, "Too many open files")])
        accept = socket.socket.accept

        def fails_once(listener: socket.socket) -> tuple[socket.socket, object]:
            for failure in failures:
                raise failure
            return accept(listener)

        monkeypatch.setattr(socket.socket, "accept", fails_once)
        async with asyncio.timeout(30):
            assert (await asked(port)).startswith(b"HTTP/1.1 200")

    uvloop.run(serve(client))
