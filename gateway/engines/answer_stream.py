"""An engine's answer while it comes in over HTTP: a stream of events, or one document."""

import asyncio
from typing import Self

from gateway.engines.connection import Answer, LateAnswer
from gateway.engines.refusal import refusal_in_stream
from gateway.sse import EventCutter
from routing.errors import EngineError, EngineTimeout
from routing.events import DONE, event_json, events
from routing.generation import Endpoint

# The engine has sent its last event and has only to end the response: then the connection can be used again.
_END_S = 1.0

# An engine that sends garbage must not fill the memory. Whole answers in one event are far shorter.
_LONGEST_EVENT_BYTES = 16 * 1024 * 1024

_DONE = (DONE.rstrip(b"\n"),)
_LAST_EVENTS: dict[Endpoint, tuple[bytes, ...]] = {
    "chat/completions": _DONE,
    "completions": _DONE,
    "responses": (
        b"event: response.completed",
        b"event: response.incomplete",
        b"event: response.failed",
        b"event: error",
    ),
    "embeddings": (),
}


class EventStream:
    """Blocks of whole events; see `routing.generation.Stream`.

    until: when the whole answer must be there, on the event loop's clock. The answer given has the time of its first
        event as its own.
    """

    def __init__(self, answer: Answer, endpoint: Endpoint, until: float) -> None:
        self._answer = answer
        self._last_events = _LAST_EVENTS[endpoint]
        self._until = until
        self._cutter = EventCutter()
        self._error: EngineError | None = None
        self._has_ended = False
        self._has_begun = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._has_ended:
            await self._finish()
            raise StopAsyncIteration
        if self._error:
            raise self._error
        while not (block := self._cutter.feed(await self._read())):
            if len(self._cutter.rest) > _LONGEST_EVENT_BYTES:
                raise EngineError("The engine sent an event without an end.")
        if not self._has_begun:
            self._has_begun = True
            self._answer.give_up_at(self._until)
        return self._checked(block)

    async def aclose(self) -> None:
        """Closes the connection unless the answer was read to its end: to the engine that is an abort."""
        self._answer.close()

    async def _read(self) -> bytes:
        try:
            piece = await self._answer.read_some()
        except LateAnswer as error:
            what = "answer took too long" if self._has_begun else "first token is late"
            raise EngineTimeout(f"The engine's {what}.") from error
        except OSError as error:
            raise EngineError("The engine broke off in the middle of its answer.") from error
        if not piece and not self._lacks_only_its_end():
            raise EngineError("The engine's answer ended before it was complete.")
        return piece or b"\n\n"

    def _lacks_only_its_end(self) -> bool:
        """Whether all was said but the empty line after the last event, which some engines leave out."""
        return self._cutter.rest.replace(b" ", b"") == b"data:[DONE]" and self._last_events == _DONE

    def _checked(self, block: bytes) -> bytes:
        if b'"error"' in block:
            block = self._until_error(block)
        for last in self._last_events:
            # An event begins a line; inside JSON text a line feed is always escaped.
            begun = 0 if block.startswith(last) else block.find(b"\n" + last) + 1 or -1
            if begun >= 0:
                self._has_ended = True
                return block[: block.index(b"\n\n", begun) + 2]
        return block

    def _until_error(self, block: bytes) -> bytes:
        """The events before an error event; the error is raised now where there are none, else next time."""
        good = b""
        for event in events(block):
            value = event_json(event)
            if value is None or "choices" in value or not isinstance(value.get("error"), dict):
                good += event
                continue
            self._error = refusal_in_stream(value["error"])
            break
        if self._error and not good:
            raise self._error
        return good

    async def _finish(self) -> None:
        """Reads to the end of the response, which gives the connection back to the pool."""
        self._answer.give_up_at(asyncio.get_running_loop().time() + _END_S)
        try:
            while await self._answer.read_some():
                pass
        except OSError:
            self._answer.close()


class DocumentStream:
    """One block, the whole document; see `routing.generation.Stream`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._has_ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._has_ended:
            raise StopAsyncIteration
        try:
            document = await self._answer.read()
        except LateAnswer as error:
            raise EngineTimeout("The engine's answer took too long.") from error
        except OSError as error:
            raise EngineError("The engine broke off in the middle of its answer.") from error
        self._has_ended = True
        return document

    async def aclose(self) -> None:
        """Closes the connection unless the answer was read to its end."""
        self._answer.close()
