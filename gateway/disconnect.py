"""A client that goes away ends the work that is done for it, wherever that work is."""

import asyncio
import contextlib
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.record import STATE_KEY

# Beginning to listen, a task of its own, costs as much as the rest of this file together; what is answered by now
# needs none. A client that leaves earlier is noticed now.
_PATIENCE_S = 0.02

# A connection that takes nothing, such as that of a machine that sleeps, would keep a slot and an engine for hours.
# What a client takes in this time is some 50 kB at least: servers hold back so much before a send waits.
_STALLED_S = 60.0


class CancelOnDisconnect:
    """ASGI middleware: cancels the request's task when the client disconnects, or takes nothing for a minute or two.

    ASGI servers only tell who asks, so once the body was read somebody must keep asking. Cancelling reaches
    every ``finally`` on the way, and with it every stream that is held: that is how an engine learns of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(receive, send, cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            await self._app(scope, watch.receive, watch.send)
        except asyncio.CancelledError:
            if not watch.has_left:
                raise
            watch.task.uncancel()
            scope[STATE_KEY].has_left = True
        finally:
            watch.stop()


class _Watch:
    """Stands in for ``receive``: hands on the body, then listens for the disconnect.

    And for ``send``: after the last message a server reports a disconnect too, which then means nothing.
    """

    def __init__(self, receive: Receive, send: Send, task: asyncio.Task[None]) -> None:
        self._receive = receive
        self._send = send
        self._timer: asyncio.TimerHandle | None = None
        self._listener: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._is_ending = False
        self._begun = self._ended = self._begun_before = 0  # how many sends
        self.has_left = False
        self.task = task

    async def receive(self) -> Message:
        if self._timer is not None:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone.set()
        elif not message.get("more_body", False):
            self._timer = asyncio.get_running_loop().call_later(_PATIENCE_S, self._begin)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._is_ending = True
            self._stop_listening()
        self._begun += 1
        await self._send(message)
        self._ended = self._begun

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.cancel()

    def _begin(self) -> None:
        if not self._is_ending:
            self._listener = asyncio.create_task(self._listen())
        self._look_again()

    def _look_again(self) -> None:
        self._begun_before = self._begun
        self._timer = asyncio.get_running_loop().call_later(_STALLED_S, self._look)

    def _look(self) -> None:
        if self._begun_before == self._begun > self._ended:
            self._leave()
        else:
            self._look_again()

    async def _listen(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while (await self._receive())["type"] != "http.disconnect":
                pass
            self._leave()

    def _leave(self) -> None:
        self.has_left = True
        self._gone.set()
        self.task.cancel()
