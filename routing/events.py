"""Server-sent events in a stream's blocks: telling them apart, reading one, writing one."""

from collections.abc import Iterator
from typing import Any

import orjson

DONE = b"data: [DONE]\n\n"


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
