"""Server-sent events as bytes: cutting a network stream into whole events, reading one, writing one."""

from collections.abc import Iterator
from typing import Any

import orjson

from routing.errors import DragomanError

DONE = b"data: [DONE]\n\n"


class EventCutter:
    """Cuts bytes that arrive in any pieces into blocks of whole events.

    Lines may end in LF, CRLF or CR, as the standard has it; what comes out has LF alone. A CR ends its line
    at once, and an LF that comes next, even in the next piece, belongs to it.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._is_after_cr = False

    def feed(self, piece: bytes) -> bytes:
        """Takes the next piece; returns all events that are now whole, as one block, perhaps empty."""
        if self._is_after_cr or b"\r" in piece:
            piece = self._with_lf(piece)
        data = self._rest + piece if self._rest else piece
        end = data.rfind(b"\n\n") + 2
        if end < 2:
            self._rest = data
            return b""
        self._rest = data[end:]
        return data[:end]

    @property
    def rest(self) -> bytes:
        """What came after the last whole event: empty where the stream ended cleanly."""
        return self._rest.strip(b"\r\n")

    def _with_lf(self, piece: bytes) -> bytes:
        if not piece:
            return piece
        came = piece.removeprefix(b"\n") if self._is_after_cr else piece
        self._is_after_cr = piece.endswith(b"\r")
        return came.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def events(block: bytes) -> Iterator[bytes]:
    """The events of a block, each with the blank line that ends it."""
    start = 0
    while (end := block.find(b"\n\n", start)) >= 0:
        yield block[start : end + 2]
        start = end + 2


def event_data(event: bytes) -> bytes:
    """The data of one event: its ``data`` lines joined by LF; empty for a comment."""
    if event.startswith(b"data: ") and event.count(b"\n") == 2:
        return event[6:-2]
    lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines)


def event_json(event: bytes) -> dict[str, Any] | None:
    """The JSON object in one event; None for ``[DONE]``, comments and anything else."""
    data = event_data(event)
    if not data.startswith(b"{"):
        return None
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def json_event(value: Any) -> bytes:
    """One event whose data is ``value`` as JSON. Text stays as it is: nothing is escaped that need not be."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


def error_event(error: DragomanError) -> bytes:
    """The event that tells of an error after the first chunk was sent; no ``[DONE]`` follows it."""
    return json_event(error_body(error))


def error_body(error: DragomanError) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}
