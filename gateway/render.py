"""From a stream to the response: the first block decides the status, later errors become an error event."""

import logging

from starlette.types import Send

from gateway.finish import Account, finished_document, finished_event
from gateway.record import Record
from gateway.sse import error_event
from routing.errors import DragomanError, EngineError
from routing.events import events
from routing.generation import Generation, Stream

_log = logging.getLogger("dragoman")
_EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


async def render(
    stream: Stream, generation: Generation, record: Record, account: Account, send: Send
) -> None:
    """Sends the whole answer. Raises only before anything was sent; does not close the stream."""
    first = await _first(stream)
    if not generation.is_streamed:
        await _read_to_end(stream)
        await _send_document(finished_document(first, record, account), send)
        return
    record.note_first_token()
    await send({"type": "http.response.start", "status": 200, "headers": list(_EVENTS)})
    await _send_events(first, stream, record, account, send)


async def _first(stream: Stream) -> bytes:
    try:
        return await anext(stream)
    except StopAsyncIteration:
        raise EngineError("The engine's answer is empty.") from None


async def _read_to_end(stream: Stream) -> None:
    async for _ in stream:
        raise EngineError("The engine sent more than one document.")


async def _send_document(document: bytes, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(document))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": document})


async def _send_events(first: bytes, stream: Stream, record: Record, account: Account, send: Send) -> None:
    last = b""
    try:
        await _send_block(first, record, account, send)
        async for block in stream:
            await _send_block(block, record, account, send)
    except DragomanError as error:
        record.error_code = error.code
        last = error_event(error)
    except Exception:
        _log.exception("request %s failed while its answer was sent", record.request_id)
        record.error_code = DragomanError.code
        last = error_event(DragomanError("The gateway failed."))
    await send({"type": "http.response.body", "body": last})


async def _send_block(block: bytes, record: Record, account: Account, send: Send) -> None:
    if account or record.ledger.hidden:
        block = b"".join(finished_event(event, record, account) for event in events(block))
    await send({"type": "http.response.body", "body": block, "more_body": True})
