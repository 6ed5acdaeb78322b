"""Server-sent events at the network's edge: cutting bytes into whole events, and an error as what one tells."""

import re
from typing import Any

from routing.errors import DragomanError

_USUAL = (b"data: ", b"event: ", b":")
_WITHOUT_SPACE = re.compile(rb"^(data|event):(?=[^ \n])", re.MULTILINE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventCutter:
    """Cuts bytes that arrive in any pieces into blocks of whole events.

    Lines may end in LF, CRLF or CR, as the standard has it; what comes out has LF alone. A CR ends its line
    at once, and an LF that comes next, even in the next piece, belongs to it. The space after ``data:`` and ``event:``,
    which the standard leaves to the writer, is there in what comes out of a writer that always or never has it; a byte
    order mark at the beginning is not.
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
        block = data[:end]
        # A writer has one habit, which the first line of any block shows; a look at every line would cost as much as
        # the rest of a chunk's way.
        return block if block.startswith(_USUAL) else _with_spaces(block)

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


def _with_spaces(block: bytes) -> bytes:
    return _WITHOUT_SPACE.sub(rb"\1: ", block.removeprefix(_BYTE_ORDER_MARK))


def error_body(error: DragomanError) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}
