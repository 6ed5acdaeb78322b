"""How the stub engine sends an answer: at a pace, an event at a time, minding a slow or vanished client."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from benchmarks.stub_answers import StreamBytes

_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the stub speaks, in seconds; 0 is as fast as it can."""

    first_token_s: float = 0.0
    token_s: float = 0.0


def read_pace(body: bytes) -> Pace:
    """The pace of a JSON object. Raises ValueError or TypeError where it is none."""
    return Pace(**{name: float(delay_s) for name, delay_s in dict(orjson.loads(body)).items()})


class PacedAnswer:
    """One answer on its way out, an event at a time: each is written by itself, as an engine's are."""

    def __init__(
        self, transport: asyncio.Transport, pace: Pace, tokens: int, on_end: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._pace = pace
        self._tokens = tokens
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._start_s = self._loop.time() + pace.first_token_s
        self._sent = 0
        self._is_blocked = False
        self._is_due = False
        self._timer: asyncio.Handle | None = None

    def send_document(self, response: bytes) -> None:
        """Sends a whole HTTP response once an engine of this pace would have the last token."""
        delay_s = self._pace.first_token_s + self._pace.token_s * (self._tokens - 1)
        if delay_s:
            self._timer = self._loop.call_later(delay_s, self._end, response)
        else:
            self._end(response)

    def send_stream(self, parts: StreamBytes) -> None:
        """Sends the headers now and the events at the pace."""
        self._words = tuple(_framed(word) for word in parts.words)
        self._opening = _framed(parts.opening) if parts.opening else b""
        self._closing = _framed(parts.closing) + _LAST_CHUNK
        self._transport.write(_STREAM_HEAD)
        self._timer = self._loop.call_at(self._start_s, self._send_opening)

    def block(self) -> None:
        """The client reads too slowly: send nothing more for now."""
        self._is_blocked = True

    def unblock(self) -> None:
        """The client has caught up."""
        self._is_blocked = False
        if self._is_due:
            self._is_due = False
            self._send_next()

    def abort(self) -> None:
        """The client has gone."""
        if self._timer is not None:
            self._timer.cancel()

    def _send_opening(self) -> None:
        if self._opening:
            self._transport.write(self._opening)
        self._send_next()

    def _send_next(self) -> None:
        if self._is_blocked:
            self._is_due = True
            return
        if self._sent == self._tokens:
            self._end(self._closing)
            return
        self._transport.write(self._words[self._sent % len(self._words)])
        self._sent += 1
        # At full speed too every event takes a turn of the loop, so that streams share it as they share an
        # engine's steps.
        if self._pace.token_s:
            self._timer = self._loop.call_at(self._start_s + self._sent * self._pace.token_s, self._send_next)
        else:
            self._timer = self._loop.call_soon(self._send_next)

    def _end(self, last: bytes) -> None:
        self._transport.write(last)
        self._on_end()


def _framed(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)
