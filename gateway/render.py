"""From a stream to the response: the first block decides the status, later errors become an error event."""

import logging
from dataclasses import dataclass

from starlette.types import Send

from gateway.finish import Account, failed_event, finished_document, finished_event
from gateway.record import Record
from routing.errors import DragomanError, EngineError
from routing.events import events
from routing.generation import Stream

_log = logging.getLogger("dragoman")
_EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
_PREPARING = b": preparing\n\n"


@dataclass(slots=True)
class Rendering:
    """The response to one request while it is sent.

    account: makes the explanation that the client asked for.
    has_begun: whether the status has been sent; from then on, errors are events.
    """

    is_streamed: bool
    record: Record
    account: Account
    send: Send
    has_begun: bool = False

    async def keep_alive(self) -> None:
        """Sends a comment, which clients leave out, so that nobody on the way gives the connection up."""
        await self._begin()
        await self._send(_PREPARING)

    async def render(self, stream: Stream) -> None:
        """Sends the whole answer; does not close the stream. Raises only before anything was sent."""
        first = await _first(stream)
        if not self.is_streamed:
            await _read_to_end(stream)
            await self._send_document(finished_document(first, self.record, self.account))
            return
        self.record.note_first_token()
        await self._begin()
        await self._send_events(first, stream)

    async def fail(self, error: Exception) -> None:
        """Ends a response that has begun with an event that tells of the error."""
        if not isinstance(error, DragomanError):
            _log.error("request %s failed in mid-answer", self.record.request_id, exc_info=error)
            error = DragomanError("The gateway failed.")
        self.record.note_error(error)
        await self._send(failed_event(error, self.account), more_body=False)

    async def _begin(self) -> None:
        if not self.has_begun:
            self.has_begun = True
            await self.send({"type": "http.response.start", "status": 200, "headers": list(_EVENTS)})

    async def _send_document(self, document: bytes) -> None:
        self.has_begun = True
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(document))]
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send(document, more_body=False)

    async def _send_events(self, first: bytes, stream: Stream) -> None:
        await self._send(self._finished(first))
        async for block in stream:
            await self._send(self._finished(block))
        await self._send(b"", more_body=False)

    def _finished(self, block: bytes) -> bytes:
        if self.account or not self.record.ledger.is_plain:
            return b"".join(finished_event(event, self.record, self.account) for event in events(block))
        return block

    async def _send(self, body: bytes, more_body: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more_body})


async def _first(stream: Stream) -> bytes:
    try:
        return await anext(stream)
    except StopAsyncIteration:
        raise EngineError("The engine's answer is empty.") from None


async def _read_to_end(stream: Stream) -> None:
    async for _ in stream:
        raise EngineError("The engine sent more than one document.")
