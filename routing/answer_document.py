"""A streamed chat answer in the form that the client asked for."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import orjson

from routing.answer import read
from routing.events import event_json, events
from routing.generation import Generation, Stream
from routing.replay import NO_USAGE, Held


def as_asked(stream: Stream, generation: Generation) -> Stream:
    """The same answer as events or as one document, with its usage where the client asked for that.

    ``stream`` yields events that end with a usage chunk. Closing what is returned closes it.
    """
    if not generation.is_streamed:
        return Held(_document(stream), [stream])
    options = generation.body.get("stream_options") or {}
    return stream if options.get("include_usage") is True else Held(_without_usage(stream), [stream])


async def _document(stream: Stream) -> AsyncGenerator[bytes, None]:
    answer = await read(stream)
    choices = [choice.wire for choice in answer.in_order]
    usage = answer.usage or NO_USAGE
    yield orjson.dumps({**answer.head, "object": "chat.completion", "choices": choices, "usage": usage})


async def _without_usage(stream: Stream) -> AsyncGenerator[bytes, None]:
    async for block in stream:
        if b'"usage"' in block:
            block = b"".join(_others(block))
        if block:
            yield block


def _others(block: bytes) -> Iterator[bytes]:
    return (event for event in events(block) if not _is_usage(event_json(event)))


def _is_usage(chunk: dict[str, Any] | None) -> bool:
    return chunk is not None and chunk.get("choices") == [] and bool(chunk.get("usage"))
