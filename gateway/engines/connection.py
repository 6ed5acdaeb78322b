"""One connection to an engine, and the answer that comes over it: a client of HTTP/1.1 that asks one at a time."""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

_HEAD_BYTES = 65_536
# The most that may be asked for, 16 answers of 32,768 tokens with 20 log-probabilities each, is some 800 MB.
_LONGEST_BYTES = 1 << 30
# Beyond this the engine is made to wait until what came was taken.
_READ_AHEAD_BYTES = 262_144


class BrokenAnswer(OSError):
    """The answer will not be complete: the connection is gone, or what came over it is not HTTP."""


class LateAnswer(BrokenAnswer):
    """The answer was not complete at the time that it was given until."""


class Answer:
    """What an engine answers, while it comes in. status: 0 until its head is there.

    Read by one task at a time. `close` gives up what is not read yet; an answer that was read to its end has
    given its connection back by then.
    """

    def __init__(self, connection: "Connection") -> None:
        self.status = 0
        self._connection = connection
        self._parts: list[bytes] = []
        self._unread_bytes = 0
        self._has_ended = False
        self._error: BrokenAnswer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def give_up_at(self, when: float) -> None:
        """Gives it up at a time of the event loop's clock, unless it is complete by then; the last call counts.

        Whoever reads then gets a `LateAnswer`. One timer for all reads: a timeout around each costs more than the read.
        """
        self._stop_timer()
        if not self._has_ended and not self._error:
            self._timer = self._loop.call_at(when, self._expire)

    async def begin(self) -> None:
        """Waits for the status. Raises `BrokenAnswer`."""
        while not self.status:
            await self._more()

    async def read_some(self) -> bytes:
        """What came since the last time, at least a byte; nothing at the end. Raises `BrokenAnswer`."""
        while not self._parts:
            if self._has_ended:
                return b""
            await self._more()
        came = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._unread_bytes = 0
        if not self._has_ended:
            self._connection.resume()
        return came

    async def read(self) -> bytes:
        """All of it. Raises `BrokenAnswer`, also where it is longer than any answer."""
        pieces, size = [], 0
        while piece := await self.read_some():
            pieces.append(piece)
            size += len(piece)
            if size > _LONGEST_BYTES:
                raise BrokenAnswer("It has no end.")
        return b"".join(pieces)

    def close(self) -> None:
        """Ends the connection unless the answer is complete: to the engine that is an abort. Wakes the reader."""
        if not self._has_ended:
            self._connection.abort()
            self.fail(BrokenAnswer("It was given up."))

    def begun(self, status: int) -> None:
        """The head came."""
        self.status = status
        self._wake()

    def add(self, piece: bytes) -> None:
        """A piece of the body came."""
        self._parts.append(piece)
        self._unread_bytes += len(piece)
        if self._unread_bytes > _READ_AHEAD_BYTES:
            self._connection.pause()
        self._wake()

    def end(self) -> None:
        """It is complete."""
        self._has_ended = True
        self._stop_timer()
        self._wake()

    def fail(self, error: BrokenAnswer) -> None:
        """It will not be complete; only the first error counts."""
        self._error = self._error or error
        self._stop_timer()
        self._wake()

    async def _more(self) -> None:
        if self._error:
            raise self._error
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _expire(self) -> None:
        self._connection.abort()
        self.fail(LateAnswer("It took too long."))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection(asyncio.Protocol):
    """Sends one request after another. ``release`` is called when it is free for the next one.

    httptools calls the ``on_`` methods. Interim answers (1xx) are passed over.
    """

    def __init__(self, release: Callable[["Connection"], None]) -> None:
        self._release = release
        self._parser = httptools.HttpResponseParser(self)
        self._answer: Answer | None = None
        self._transport: asyncio.Transport | None = None
        self._head_bytes = 0
        self._has_length = False
        self._is_paused = False

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent, as far as is known on this side."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: bytes) -> Answer:
        """Sends a whole request, head and body; the connection must be free."""
        assert self._transport is not None
        assert self._answer is None
        self._answer = answer = Answer(self)
        self._head_bytes = 0
        self._transport.write(request)
        return answer

    def abort(self) -> None:
        """Ends it at once, with whatever is under way."""
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Reads no more until `resume`."""
        if self.is_open and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Reads on, if it was paused."""
        if self.is_open and self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._break(f"That is not HTTP: {error}")
            return
        if self._answer is not None and not self._answer.status:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self._break("The head of the answer has no end.")

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio. An answer without a length ends with its connection."""
        self._transport = None
        answer, self._answer = self._answer, None
        if answer is None:
            return
        if exc is None and answer.status and not self._has_length:
            answer.end()
        else:
            answer.fail(BrokenAnswer("The connection was closed before the answer was complete."))

    def on_message_begin(self) -> None:
        """An answer begins, or an interim one; where nobody asked, whatever it is cannot be trusted."""
        self._has_length = False
        if self._answer is None:
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding"):
            self._has_length = True
        elif name == b"content-encoding" and value.lower() != b"identity":
            self._break("The answer is compressed, which it was not to be.")

    def on_headers_complete(self) -> None:
        """The head is complete."""
        status = self._parser.get_status_code()
        if self._answer is not None and status >= 200:
            self._answer.begun(status)

    def on_body(self, body: bytes) -> None:
        """A piece of the body, without the framing."""
        if self._answer is not None:
            self._answer.add(body)

    def on_message_complete(self) -> None:
        """The answer is complete, and the connection free unless the engine wants to close it."""
        answer = self._answer
        if answer is None or not answer.status:
            return
        self._answer = None
        self.resume()
        answer.end()
        if self._parser.should_keep_alive() and self.is_open:
            self._release(self)
        else:
            self.abort()

    def _break(self, why: str) -> None:
        answer = self._answer
        self.abort()
        if answer is not None:
            answer.fail(BrokenAnswer(why))
