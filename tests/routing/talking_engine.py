"""An engine in this process that says what a test tells it to say, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from routing.errors import DragomanError, EngineError
from routing.events import DONE, json_event
from routing.generation import Generation, Stream

Said = str | dict[str, Any] | DragomanError
"""The text of a choice, or its whole message (on other endpoints its document), or what goes wrong instead."""

Reply = Callable[[Generation], Said | Sequence[Said]]
"""What is said to a generation: one choice, or as many as were asked for."""


@dataclass
class TalkingEngine:
    """A `routing.generation.Engine`. Text comes in pieces of ``piece_chars``, ``pace_s`` apart.

    breaks_after: pieces after which the stream of a purpose breaks off with an error.
    hangs: purposes whose streams never go on after their first piece; ``hangs_before`` those that never begin.
    """

    reply: Reply
    pace_s: float = 0.0
    piece_chars: int = 7
    hangs: frozenset[str] = frozenset()
    hangs_before: frozenset[str] = frozenset()
    breaks_after: dict[str, int] = field(default_factory=dict)
    finish_reason: str = "stop"
    calls: list[Generation] = field(default_factory=list)
    open: int = 0
    pieces_sent: int = 0

    async def generate(self, generation: Generation) -> Stream:
        self.calls.append(generation)
        await asyncio.sleep(0)
        if generation.purpose in self.hangs_before:
            await asyncio.Event().wait()
        said = self.reply(generation)
        choices = [said] if isinstance(said, str | dict | DragomanError) else list(said)
        for choice in choices:
            if isinstance(choice, DragomanError):
                raise choice
        messages = [
            choice if isinstance(choice, dict) else {"role": "assistant", "content": choice}
            for choice in choices
        ]
        self.open += 1
        return _Talk(self, generation, messages)

    def purposes(self) -> list[str]:
        return [call.purpose for call in self.calls]


class _Talk:
    def __init__(self, engine: TalkingEngine, generation: Generation, messages: list[dict[str, Any]]) -> None:
        self._engine = engine
        self._purpose = generation.purpose
        self._is_chat = generation.endpoint == "chat/completions"
        self._is_closed = False
        options = generation.body.get("stream_options") or {}
        self._tells_usage = options.get("include_usage") is True
        self._blocks = self._events(messages) if generation.is_streamed else self._document(messages)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._blocks)

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._engine.open -= 1
        await self._blocks.aclose()

    async def _document(self, messages: list[dict[str, Any]]) -> AsyncGenerator[bytes, None]:
        choices = [
            {"index": index, "message": message, "finish_reason": self._engine.finish_reason}
            for index, message in enumerate(messages)
        ]
        await self._pause(0)
        if not self._is_chat:
            yield orjson.dumps(messages[0])
            return
        yield orjson.dumps({"id": "c", "object": "chat.completion", "model": "m", "choices": choices})

    async def _events(self, messages: list[dict[str, Any]]) -> AsyncGenerator[bytes, None]:
        size, sent = self._engine.piece_chars, 0
        pieces = [
            [text[start : start + size] for start in range(0, len(text), size)]
            for text in (message.get("content") or "" for message in messages)
        ]
        for turn in range(1 + max(map(len, pieces))):
            for index, message in enumerate(messages):
                if turn > len(pieces[index]):
                    continue
                await self._pause(sent)
                sent += 1
                if turn < len(pieces[index]):
                    yield _chunk(index, {"content": pieces[index][turn]})
                    continue
                if others := _others(message):
                    yield _chunk(index, others)
                yield _chunk(index, {}, self._engine.finish_reason)
        usage = {"prompt_tokens": 5, "completion_tokens": sent, "total_tokens": 5 + sent}
        if self._tells_usage:
            yield json_event({"id": "c", "model": "m", "choices": [], "usage": usage})
        yield DONE

    async def _pause(self, sent: int) -> None:
        self._engine.pieces_sent += 1
        await asyncio.sleep(self._engine.pace_s)
        if sent and self._purpose in self._engine.hangs:
            await asyncio.Event().wait()
        if sent == self._engine.breaks_after.get(self._purpose):
            raise EngineError("The engine broke off.")


def _others(message: dict[str, Any]) -> dict[str, Any]:
    """What a message has besides its text, as a delta."""
    others = {name: value for name, value in message.items() if name not in {"content", "role"}}
    if calls := others.get("tool_calls"):
        others["tool_calls"] = [{"index": place, **call} for place, call in enumerate(calls)]
    return others


def _chunk(index: int, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return json_event({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})
