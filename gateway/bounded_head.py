"""A request's head is short and comes soon, or its connection ends: strangers send heads too, with no key yet."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 65_536
WITHIN_S = 30.0

_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHeadProtocol(HttpToolsProtocol):
    """What uvicorn does with a connection, which bounds no head: 64 MB of one were taken, for 23 s of CPU.

    A head of more than `MOST_BYTES` (and what comes together with its end) is answered 431. A connection that neither
    has a request nor waits for the next one, as uvicorn bounds, ends after `WITHIN_S`.
    """

    _is_in_head = False
    _head_bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """See asyncio."""
        super().connection_made(transport)
        self._end_in_time()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LONG)
                self.transport.close()
        if self.cycle is None or self.cycle.response_complete:
            self._end_in_time()
        else:
            self._stop_timer()

    def on_message_begin(self) -> None:
        """See httptools."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._is_in_head = False
        super().on_headers_complete()

    def _end_in_time(self) -> None:
        """From the first byte that is no request yet, or from the beginning; more bytes change nothing."""
        if self._timer is None:
            self._timer = self.loop.call_later(WITHIN_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
