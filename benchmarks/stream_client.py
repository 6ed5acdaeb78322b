"""A lean HTTP client for streamed answers: it counts server-sent events as they arrive, and no more."""

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast
from urllib.parse import urlsplit

import httptools

from benchmarks.errors import BenchmarkError
from benchmarks.event_count import EventCount


@dataclass(frozen=True, slots=True)
class StreamTimes:
    """One streamed answer. first_chunk_s: from request sent to its first event; tail: its last 2 kB."""

    chunks: int
    first_chunk_s: float
    duration_s: float
    tail: bytes


class StreamClient:
    """One keep-alive connection that reads one streamed answer after another. `chunks` counts all of them."""

    def __init__(self, url: str, api_key: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {api_key}\r\n"
            "content-type: application/json\r\ncontent-length: "
        ).encode()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        _, self._reader = await loop.create_connection(_Reader, self._host, self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.transport.abort()

    @property
    def chunks(self) -> int:
        """Events received over the life of the connection, those of an unfinished answer included."""
        return self._reader.chunks

    async def read(self, body: bytes) -> StreamTimes:
        """Sends a request and reads its whole answer. Raises `BenchmarkError` where it is no whole stream."""
        return await self._reader.ask(self._head + b"%d\r\n\r\n" % len(body) + body)


class _Reader(asyncio.Protocol):
    def __init__(self) -> None:
        self._count = EventCount()
        self._earlier_chunks = 0
        self._answer: asyncio.Future[StreamTimes] | None = None

    @property
    def chunks(self) -> int:
        return self._earlier_chunks + self._count.events

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> asyncio.Future[StreamTimes]:
        self._parser = httptools.HttpResponseParser(self)
        self._earlier_chunks += self._count.events
        self._count = EventCount()
        self._first_chunk_s: float | None = None
        self._answer = asyncio.get_running_loop().create_future()
        self._sent_s = time.perf_counter()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._fail("the connection was closed before the answer's end")

    def on_body(self, body: bytes) -> None:
        self._count.add(body)
        if self._first_chunk_s is None and self._count.events:
            self._first_chunk_s = time.perf_counter() - self._sent_s

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status != 200 or self._first_chunk_s is None or not self._count.is_done:
            self._fail(f"no whole stream, but HTTP {status} ending in {self._count.tail[-300:]!r}")
        elif self._answer is not None and not self._answer.done():
            duration_s = time.perf_counter() - self._sent_s
            times = StreamTimes(self._count.events, self._first_chunk_s, duration_s, self._count.tail)
            self._answer.set_result(times)

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchmarkError(why))
