"""An answer in the pivot, translated block by block into the language that is owed, while it is still being written."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.begun import begun
from routing.errors import EngineError
from routing.events import event_json, events
from routing.generation import Generation, Stream
from routing.reasoning_apart import told_apart
from routing.replay import Held, chunk_event, closing_events, head_of
from routing.translation.blocks import Block, BlockCutter

Translate = Callable[[str], Awaitable[str]]
"""One block's text into the language owed. Raises an `EngineError`."""

_AT_ONCE = 4
"""Blocks of one answer that are translated side by side: enough to keep up with an engine that writes the next."""


async def translated_back(stream: Stream, translate: Translate, generation: Generation) -> Stream:
    """The answer of ``stream`` in the language owed, as events; returns once the first piece of it is there.

    Blocks that hold no prose come through byte for byte; what the model thinks aloud comes as its reasoning. A block is
    sent when it is whole and found to have kept its structure, in the order of the answer. Reading never waits for
    translating: the engine's slot is free as soon as it has written. Closes ``stream``, also where it raises. An answer
    without an end raises `EngineError` at its end.
    """
    answer = told_apart(stream)
    return await begun(Held(_blocks(answer, translate, generation), [answer]))


async def _blocks(
    stream: Stream, translate: Translate, generation: Generation
) -> AsyncGenerator[bytes, None]:
    work = _Work(translate)
    reading = asyncio.create_task(work.read(stream))
    head = head_of(generation)
    named: set[int] = set()
    try:
        while (piece := await work.queue.get()) is not None:
            delta = await piece.delta if piece.delta else {}
            if piece.index not in named:
                named.add(piece.index)
                delta = {"role": "assistant", **delta}
            yield chunk_event(head, piece.index, delta, finish_reason=piece.finish_reason)
        await reading
        yield closing_events(head, generation)
    finally:
        await work.close(reading)
        await stream.aclose()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of one choice, in the order of the answer: a delta that is being made, or its end."""

    index: int
    delta: "asyncio.Task[dict[str, Any]] | None" = None
    finish_reason: str | None = None


@dataclass(slots=True)
class _Work:
    """What is being translated."""

    translate: Translate
    queue: "asyncio.Queue[_Piece | None]" = field(default_factory=asyncio.Queue)
    cutters: dict[int, BlockCutter] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    tasks: "list[asyncio.Task[dict[str, Any]]]" = field(default_factory=list)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def read(self, stream: Stream) -> None:
        try:
            async for block in stream:
                for event in events(block):
                    for choice in (event_json(event) or {}).get("choices") or ():
                        self._take(choice)
            if not self.cutters or self.cutters.keys() - self.ended:
                raise EngineError("The engine's answer has no end.")
        finally:
            self.queue.put_nowait(None)

    def _take(self, choice: Mapping[str, Any]) -> None:
        index, delta = choice["index"], dict(choice.get("delta") or {})
        cutter = self.cutters.setdefault(index, BlockCutter())
        for block in cutter.feed(delta.pop("content", None) or ""):
            self._put(index, self._text(block))
        delta.pop("role", None)  # said once for each choice, with its first piece
        if any(delta.values()):
            self._put(index, _as_it_is(delta))
        if reason := choice.get("finish_reason"):
            for block in cutter.end():
                self._put(index, self._text(block))
            self.ended.add(index)
            self.queue.put_nowait(_Piece(index, finish_reason=reason))

    def _put(self, index: int, making: Coroutine[Any, Any, dict[str, Any]]) -> None:
        task = asyncio.create_task(making)
        self.tasks.append(task)
        self.queue.put_nowait(_Piece(index, task))

    async def _text(self, block: Block) -> dict[str, Any]:
        if not block.translatable:
            return {"content": block.text}
        async with self.slots:
            return {"content": await self._kept_apart(block.text)}

    async def _kept_apart(self, text: str) -> str:
        """The block's translation with the blank space that was around the block."""
        prose = text.strip()
        before, _, after = text.partition(prose)
        return f"{before}{await self.translate(prose)}{after}"

    async def close(self, reading: "asyncio.Task[None]") -> None:
        for task in (reading, *self.tasks):
            task.cancel()
        await asyncio.gather(reading, *self.tasks, return_exceptions=True)


async def _as_it_is(delta: dict[str, Any]) -> dict[str, Any]:
    return delta
