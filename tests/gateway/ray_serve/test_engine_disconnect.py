import asyncio
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.ray_serve.engine_disconnect import DisconnectBeforeCancel


@dataclass
class Worker:
    """An app as vLLM's are: the work is a task of its own, which a disconnect cancels and a cancellation leaves."""

    listens: bool = True
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.task = asyncio.create_task(self._work())
        if not self.listens:
            await self.task
        told = asyncio.create_task(_disconnect(receive))
        await asyncio.wait([self.task, told], return_when=asyncio.FIRST_COMPLETED)
        self.task.cancel()

    async def _work(self) -> None:
        self.has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.has_ended.set()


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(worker: Worker) -> None:
    """Drops a request as Ray Serve does: the message, and the cancellation right after it."""
    messages: asyncio.Queue[Message] = asyncio.Queue()

    async def send(_: Message) -> None:
        pass

    app = DisconnectBeforeCancel(worker)
    request = asyncio.create_task(app({"type": "http"}, messages.get, send))
    await worker.has_begun.wait()
    messages.put_nowait({"type": "http.disconnect"})
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request


async def test_work_ends_with_the_disconnect_and_not_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ray_serve.engine_disconnect._GRACE_S", 600.0)
    worker = Worker()
    async with asyncio.timeout(30):
        await _drop(worker)
        await worker.has_ended.wait()


async def test_an_app_that_does_not_listen_is_cancelled() -> None:
    worker = Worker(listens=False)
    await _drop(worker)
    assert worker.has_ended.is_set()


async def test_what_the_app_raises_is_raised() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("शून्य")

    async def nothing() -> Message:
        return {"type": "http.request"}

    async def send(_: Message) -> None:
        pass

    with pytest.raises(LookupError, match="शून्य"):
        await DisconnectBeforeCancel(failing)({"type": "http"}, nothing, send)
