"""A response's head leaves together with its body: one system call and one packet, not two of each."""

import asyncio
from typing import Any, cast

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.bounded_head import BoundedHeadProtocol

_HEAD = b"HTTP/1.1 "


class HeadWithBody:
    """As much of a server's transport as uvicorn uses, but that a head waits for what follows it.

    For no longer than the event loop's round: then it leaves alone, as the head of a stream whose first event is not
    there yet. A tenth of a request's time, by what the two writes cost here and two reads cost the client.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""

    def write(self, data: bytes) -> None:
        """Sends the data, or keeps it if it is a head."""
        if data.startswith(_HEAD) and not self._head:
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(self._taken() + data)

    def close(self) -> None:
        """Closes it when all is sent."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._head:
            self._transport.write(self._taken())

    def _taken(self) -> bytes:
        head, self._head = self._head, b""
        return head


class OneWriteProtocol(BoundedHeadProtocol):
    """The server's side of a connection, with such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """See asyncio."""
        super().connection_made(cast("asyncio.Transport", HeadWithBody(transport)))


def in_one_write(send: Send) -> None:
    """The same for one response of a uvicorn that is not ours to set up. Does nothing to another server's ``send``."""
    response = getattr(send, "__self__", None)
    if isinstance(response, RequestResponseCycle):
        response.transport = cast("asyncio.Transport", HeadWithBody(response.transport))
