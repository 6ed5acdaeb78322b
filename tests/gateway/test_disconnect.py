"""What listens for a client's leaving, and when."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.disconnect import CancelOnDisconnect
from gateway.record import STATE_KEY, Record


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
