"""Draws samples: several answers at once, read side by side, cancelled when the outcome is decided."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from routing.answer import Answer, ChoiceSoFar, streamed, whole
from routing.context import Context
from routing.contract.judge import judge
from routing.document_call import read_document
from routing.errors import DragomanError, EngineError
from routing.generation import Generation, Stream
from routing.sample import Sample

Start = Callable[[Generation], Awaitable[Stream]]
"""Begins the answer to a generation: a strategy that has its engine and context."""

IsDecided = Callable[[Sequence[Sample], int], bool]
"""Whether samples that are still outstanding, that many, can no longer change the outcome."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One call that yields ``n`` samples."""

    start: Start
    generation: Generation
    n: int = 1


@dataclass(slots=True)
class Drawn:
    """What came of the draws.

    samples: the complete ones, in the order of the draws and of the choices within one.
    tokens_saved: about how many tokens were not drawn, since the outcome was decided before.
    failed: why there are fewer than were asked for: the first error of a draw, or `TimeoutError` at the deadline.
    """

    samples: list[Sample] = field(default_factory=list)
    tokens_saved: int = 0
    failed: DragomanError | TimeoutError | None = None


async def draw(draws: Sequence[Draw], context: Context, is_decided: IsDecided | None) -> Drawn:
    """Makes all draws at once and collects their samples.

    Ends when all are read, when ``is_decided`` says so, or at the context's deadline; what is still running is
    cancelled. A draw that fails costs its own samples only.

    Where nothing can end it early (no ``is_decided``, no bounds of the context's), answers are read as documents:
    events would cost the engine's front end, the proxy and us a message for each token, beside the step that draws
    the next.
    """
    is_watched = is_decided or context.deadline is not None or context.purse is not None
    readings = [_Reading(draw, context, streamed if is_watched else whole) for draw in draws]
    changed = asyncio.Event()
    tasks = [asyncio.create_task(reading.run(changed)) for reading in readings]
    try:
        late = await _wait_until(context.deadline, _waited(readings, tasks, changed, is_decided))
        _raise_unexpected(tasks)
        return _drawn(readings, late)  # before the rest is cancelled: it is what was saved
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Reading:
    """One draw while it is read."""

    def __init__(self, draw: Draw, context: Context, form: Callable[[Generation], Generation]) -> None:
        self._draw = draw
        self._asked = form(draw.generation)
        self._context = context
        self._answer = Answer()
        self._done: dict[int, Sample] = {}
        self.failed: DragomanError | None = None
        self.is_over = False

    async def run(self, changed: asyncio.Event) -> None:
        try:
            stream = await self._draw.start(self._asked)
            async with aclosing(stream):
                await self._read(stream, changed)
            self._check_complete()
        except DragomanError as error:
            self.failed = error
        finally:
            self.is_over = True
            changed.set()

    async def _read(self, stream: Stream, changed: asyncio.Event) -> None:
        if not self._asked.is_streamed:
            self._answer.take_document(await read_document(stream))
            self._note_done(changed)
            return
        async for block in stream:
            self._answer.take(block)
            self._note_done(changed)

    def _note_done(self, changed: asyncio.Event) -> None:
        for choice in self._answer.choices.values():
            if choice.finish_reason and choice.index not in self._done:
                self._done[choice.index] = _sample(choice, self._context)
                changed.set()

    def _check_complete(self) -> None:
        if len(self._done) < self._draw.n:
            raise EngineError("The engine sent fewer answers than it was asked for.")

    @property
    def samples(self) -> list[Sample]:
        return [self._done[index] for index in sorted(self._done)]

    @property
    def outstanding(self) -> int:
        return 0 if self.is_over else self._draw.n - len(self._done)

    def tokens_unread(self, usual: float) -> float:
        """How many tokens its open choices would still have taken, if they are as long as is usual."""
        if self.is_over:
            return 0.0
        began = [choice.deltas for choice in self._answer.choices.values() if choice.index not in self._done]
        unbegun = self._draw.n - len(self._done) - len(began)
        return sum(max(0.0, usual - deltas) for deltas in began) + unbegun * usual


async def _wait_until(deadline: float | None, waited: Coroutine[Any, Any, None]) -> TimeoutError | None:
    try:
        async with asyncio.timeout_at(deadline):
            await waited
    except TimeoutError as error:
        return error
    return None


async def _waited(
    readings: Sequence[_Reading],
    tasks: Sequence[asyncio.Task[None]],
    changed: asyncio.Event,
    is_decided: IsDecided | None,
) -> None:
    while outstanding := sum(reading.outstanding for reading in readings):
        samples = [sample for reading in readings for sample in reading.samples]
        if samples and is_decided and is_decided(samples, outstanding):
            return
        await changed.wait()
        changed.clear()
    await asyncio.wait(tasks)  # nothing is outstanding but the ends of the streams, which tell the usage


def _raise_unexpected(tasks: Sequence[asyncio.Task[None]]) -> None:
    """What a reading does not expect is a fault of ours, and nobody else would see it."""
    for task in tasks:
        if task.done() and (error := task.exception()):
            raise error


def _drawn(readings: Sequence[_Reading], late: TimeoutError | None) -> Drawn:
    samples = [sample for reading in readings for sample in reading.samples]
    failed = next((reading.failed for reading in readings if reading.failed), late)
    usual = sum(sample.tokens for sample in samples) / max(1, len(samples))
    return Drawn(samples, round(sum(reading.tokens_unread(usual) for reading in readings)), failed)


def _sample(choice: ChoiceSoFar, context: Context) -> Sample:
    # An engine's usage is told at the end and for all n together: deltas are what is known of one of a stream.
    verdict = judge(choice.text, context.owed, context.detector)
    return Sample(choice.wire, choice.deltas, choice.logprob, keeps_contract=verdict.outcome != "broken")
