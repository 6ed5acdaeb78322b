"""What listens for a client's leaving, and when."""

import asyncio
import socket
from urllib.parse import urlsplit

import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.disconnect import CancelOnDisconnect
from gateway.record import STATE_KEY, Record
from tests.gateway.conftest import KEY, Running
from tests.gateway.scripted_engine import HANG, ScriptedEngine, chunk


class Client:
    """Sends a body, and leaves when told to. asked: how often the app wanted to hear of it."""

    def __init__(self) -> None:
        self.asked = 0
        self.leaves = asyncio.Event()

    async def receive(self) -> Message:
        self.asked += 1
        if self.asked == 1:
            return {"type": "http.request", "body": b"{}", "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}


async def ignored(message: Message) -> None:
    """A client that looks at nothing."""


def a_request() -> Scope:
    return {"type": "http", STATE_KEY: Record("id", "POST", "/")}


async def test_nobody_listens_where_the_answer_comes_at_once() -> None:
    client = Client()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"{}"})

    before = len(asyncio.all_tasks())
    await CancelOnDisconnect(app)(a_request(), client.receive, ignored)
    await asyncio.sleep(0.1)
    assert client.asked == 1
    assert len(asyncio.all_tasks()) == before


@pytest.mark.parametrize("leaves_after_s", [0.0, 0.1])
async def test_work_ends_where_the_client_leaves_before_or_after_anybody_listens(
    leaves_after_s: float,
) -> None:
    client, scope, ended = Client(), a_request(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        asyncio.get_running_loop().call_later(leaves_after_s, client.leaves.set)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    await CancelOnDisconnect(app)(scope, client.receive, ignored)
    assert ended.is_set()
    assert scope[STATE_KEY].has_left


async def test_an_app_that_asks_again_hears_of_the_disconnect() -> None:
    client, heard = Client(), []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        client.leaves.set()
        try:
            heard.append((await receive())["type"])
        finally:
            heard.append("ended")

    await CancelOnDisconnect(app)(a_request(), client.receive, ignored)
    assert heard[-1] == "ended"


@pytest.mark.parametrize("is_last", [True, False])
async def test_a_client_that_takes_nothing_any_more_has_left(
    monkeypatch: pytest.MonkeyPatch, is_last: bool
) -> None:
    monkeypatch.setattr("gateway.disconnect._STALLED_S", 0.05)
    client, scope, ended = Client(), a_request(), asyncio.Event()

    async def full(message: Message) -> None:
        await asyncio.Event().wait()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await send({"type": "http.response.body", "body": "もっと".encode(), "more_body": not is_last})
        finally:
            ended.set()

    async with asyncio.timeout(60):
        await CancelOnDisconnect(app)(scope, client.receive, full)
    assert ended.is_set()
    assert scope[STATE_KEY].has_left


async def test_neither_a_slow_client_nor_a_slow_engine_is_taken_for_one_that_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.disconnect._STALLED_S", 0.05)
    client, scope, taken = Client(), a_request(), []
    until = asyncio.get_running_loop().time() + 1

    async def slow(message: Message) -> None:
        await asyncio.sleep(0.0)
        taken.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        while asyncio.get_running_loop().time() < until:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.2)

    await CancelOnDisconnect(app)(scope, client.receive, slow)
    assert not scope[STATE_KEY].has_left
    assert len(taken) > 1


async def test_who_never_reads_gives_its_slot_back_and_ends_the_engines_work(
    monkeypatch: pytest.MonkeyPatch, running: Running, engine: ScriptedEngine
) -> None:
    monkeypatch.setattr("gateway.disconnect._STALLED_S", 0.2)
    engine.steps = [*[chunk("読まない" * 20_000)] * 400, HANG]
    ask = orjson.dumps({"model": "tiny", "messages": [{"role": "user", "content": "詩を"}], "stream": True})
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\n"
            b"content-length: %d\r\n\r\n%s" % (KEY.encode(), len(ask), ask)
        )
        async with asyncio.timeout(60):
            while not engine.requests or running.gateway.admission.inflight or engine.working:
                await asyncio.sleep(0.01)
    assert engine.aborted == 1
