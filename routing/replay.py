"""An answer that a strategy has whole, sent in the form that the client asked for."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from time import time
from typing import Any, Self
from uuid import uuid4

import orjson

from routing.answer import Choice
from routing.events import DONE, json_event
from routing.generation import Generation, Stream

NO_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""The usage of an answer that was put together here: all its tokens are those of hidden calls, which are added."""


class Held:
    """A stream made by a generator, and what the generator holds: closing closes all of it.

    A generator that was never started does not run its ``finally`` when it is closed; hence ``held``.
    """

    def __init__(self, blocks: AsyncGenerator[bytes, None], held: Iterable[Stream] = ()) -> None:
        self._blocks = blocks
        self._held = tuple(held)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._blocks)

    async def aclose(self) -> None:
        """See `routing.generation.Stream`."""
        try:
            await self._blocks.aclose()
        finally:
            for stream in self._held:
                await stream.aclose()


def head_of(generation: Generation) -> dict[str, Any]:
    """The beginning of an answer's document: a new id, the model that was asked for."""
    return {"id": f"chatcmpl-{uuid4().hex}", "created": int(time()), "model": generation.model}


def replayed(choices: Sequence[Choice], generation: Generation) -> Stream:
    """The answer with these choices, numbered as they come: events where the client streams, else a document."""
    numbered = [{**choice, "index": index} for index, choice in enumerate(choices)]
    blocks = _events(numbered, generation) if generation.is_streamed else _document(numbered, generation)
    return Held(blocks)


def chunk_event(head: Mapping[str, Any], index: int, delta: Mapping[str, Any], **fields: Any) -> bytes:
    """One event of a streamed chat answer."""
    choice = {"index": index, "delta": delta, "finish_reason": None, **fields}
    return json_event({**head, "object": "chat.completion.chunk", "choices": [choice]})


def closing_events(head: Mapping[str, Any], generation: Generation) -> bytes:
    """The end of a streamed chat answer: its usage where the client asked for it, and ``[DONE]``."""
    options = generation.body.get("stream_options") or {}
    if options.get("include_usage") is not True:
        return DONE
    return json_event({**head, "object": "chat.completion.chunk", "choices": [], "usage": NO_USAGE}) + DONE


async def _document(choices: Sequence[Choice], generation: Generation) -> AsyncGenerator[bytes, None]:
    head = head_of(generation)
    yield orjson.dumps({**head, "object": "chat.completion", "choices": choices, "usage": NO_USAGE})


async def _events(choices: Sequence[Choice], generation: Generation) -> AsyncGenerator[bytes, None]:
    head = head_of(generation)
    for choice in choices:
        index, delta = choice["index"], _delta(choice["message"])
        yield chunk_event(head, index, delta, logprobs=choice.get("logprobs"))
        yield chunk_event(head, index, {}, finish_reason=choice["finish_reason"])
    yield closing_events(head, generation)


def _delta(message: Mapping[str, Any]) -> dict[str, Any]:
    calls = [{"index": index, **call} for index, call in enumerate(message.get("tool_calls") or ())]
    return {**message, "tool_calls": calls} if calls else dict(message)
