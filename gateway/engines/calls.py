"""The engine that a strategy sees: it calls the pool's replicas for one request and keeps the account."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

import orjson

from gateway.engines.masked import masked
from gateway.engines.pool import Candidate, EnginePool
from gateway.ledger import Call, Ledger
from gateway.metrics import Metrics
from routing.errors import (
    EngineError,
    EngineFailed,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    Forbidden,
)
from routing.events import event_json, events
from routing.generation import Endpoint, Generation, Stream

_COUNTED_ON_REQUEST: frozenset[Endpoint] = frozenset({"chat/completions", "completions"})


@dataclass(frozen=True, slots=True)
class Calls:
    """Engine calls of one request; a `routing.generation.Engine`.

    may_call: whether the request may use a model, whatever strategy leads there.
    A call that could not reach its replica goes to the next candidate: nothing was generated yet. Anything later
    is the caller's to deal with.
    """

    pool: EnginePool
    ledger: Ledger
    metrics: Metrics
    may_call: Callable[[str], bool]

    async def generate(self, generation: Generation) -> Stream:
        """See `routing.generation.Engine`. Raises `Forbidden` too."""
        if not self.may_call(generation.model):
            raise Forbidden(
                "The key may not use the model that the strategy calls.", param="dragoman.strategy"
            )
        call = self.ledger.open(generation.purpose, generation.model)
        self.ledger.begin_wait()
        try:
            return await self._first_that_answers(generation, call)
        except BaseException as error:
            _close(self, call, error)
            raise
        finally:
            self.ledger.end_wait()

    async def _first_that_answers(self, generation: Generation, call: Call) -> Stream:
        candidates = await self.pool.candidates(generation)
        candidate = next(candidates, None)
        if candidate is None:
            raise EngineUnavailable("Every engine of this model is out of rotation after failures.")
        while True:
            try:
                return await self._try(candidate, call)
            except EngineUnavailable:
                if (following := next(candidates, None)) is None:
                    raise
                self._count_next(candidate.engine.name, following.engine.name)
                candidate = following

    def _masked(self, candidate: Candidate, call: Call) -> Generation:
        """The generation as it is sent; whether a mask went with it is told in the account."""
        sent = masked(candidate.generation, candidate.engine.settings)
        if sent is not candidate.generation and sent.mask:
            call.mask = sent.mask.language
        return sent

    def _count_next(self, engine: str, following: str) -> None:
        if engine == following:
            self.metrics.retries.labels(engine).inc()
        else:
            self.metrics.fallbacks.labels(engine, following).inc()

    async def _try(self, candidate: Candidate, call: Call) -> Stream:
        call.engine, call.model = candidate.engine.name, candidate.generation.model
        member = candidate.member
        await _take_slot(candidate)
        member.inflight += 1
        try:
            stream = await member.replica.generate(_counted(self._masked(candidate, call)))
        except BaseException as error:
            _release(candidate, error, self.metrics)
            raise
        return CallStream(stream, candidate, self, call)


class CallStream:
    """A call's stream that counts what passes; see `routing.generation.Stream`.

    Engines are always asked for usage; where the client did not ask, the chunk that holds it is taken out. A whole
    document that is no JSON object is an `EngineError`.
    """

    def __init__(self, stream: Stream, candidate: Candidate, calls: Calls, call: Call) -> None:
        self._stream = stream
        self._candidate = candidate
        self._calls = calls
        self._call = call
        self._is_streamed = candidate.generation.is_streamed
        self._keeps_usage = _asks_for_usage(candidate.generation)
        self._error: BaseException | None = None
        self._is_closed = False
        self._events = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._calls.ledger.begin_wait()
        try:
            return await self._next_block()
        except StopAsyncIteration:
            # Not when it begins: an engine whose answers all break off would never be out of rotation.
            _praise(self._candidate, self._calls.metrics)
            self._call.end("ok")
            raise
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._calls.ledger.end_wait()

    async def aclose(self) -> None:
        """Ends the call, aborting what is not done, and closes its account."""
        if self._is_closed:
            return
        self._is_closed = True
        # A call that was broken off tells no usage: an event is a token, or close to it.
        self._call.completion_tokens = self._call.completion_tokens or self._events
        try:
            await self._stream.aclose()
        finally:
            _release(self._candidate, self._error, self._calls.metrics)
            _close(self._calls, self._call, self._error)

    async def _next_block(self) -> bytes:
        while True:
            block = await anext(self._stream)
            self._call.note_first_token()
            self._events += block.count(b"data: ")
            if not self._is_streamed or b'"usage"' in block:
                block = self._count(block)
            if block:
                return block

    def _count(self, block: bytes) -> bytes:
        if not self._is_streamed:
            self._call.count(_usage(_document(block)))
            return block
        return b"".join(event for event in events(block) if self._is_for_client(event))

    def _is_for_client(self, event: bytes) -> bool:
        chunk = event_json(event) if b'"usage"' in event else None
        if not chunk or not (usage := _usage(chunk)):
            return True
        self._call.count(usage)
        return self._keeps_usage or chunk.get("choices") != []


def _counted(generation: Generation) -> Generation:
    """The generation with a streamed answer's usage asked for."""
    if (
        not generation.is_streamed
        or generation.endpoint not in _COUNTED_ON_REQUEST
        or _asks_for_usage(generation)
    ):
        return generation
    options = generation.body.get("stream_options") or {}
    return generation.with_body(stream_options={**options, "include_usage": True})


def _asks_for_usage(generation: Generation) -> bool:
    options = generation.body.get("stream_options") or {}
    return options.get("include_usage") is True or generation.endpoint not in _COUNTED_ON_REQUEST


def _usage(body: dict[str, Any]) -> dict[str, Any]:
    """The usage in a chunk or document; that of a response's last event is inside the response."""
    inner = body.get("response")
    usage = (inner if isinstance(inner, dict) else body).get("usage")
    return usage if isinstance(usage, dict) else {}


def _document(block: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(block)
    except orjson.JSONDecodeError as error:
        raise EngineError("The engine's answer is not JSON.") from error
    if not isinstance(value, dict):
        raise EngineError("The engine's answer is not a JSON object.")
    return value


async def _take_slot(candidate: Candidate) -> None:
    """Waits for one no longer than an answer may take. Raises `EngineUnavailable`, also where its replica was ejected
    in the meantime: else whoever waits for an engine that hangs has still to wait for its answer.
    """
    engine = candidate.engine
    if not engine.slots.locked():
        await engine.slots.acquire()
        return
    try:
        async with asyncio.timeout(engine.settings.timeouts.total_s):
            await engine.slots.acquire()
    except TimeoutError as error:
        raise EngineUnavailable("The engine of this model has more to do than it may be given.") from error
    if candidate.member.health.is_ejected(monotonic()):
        engine.slots.release()
        raise EngineUnavailable("The engine of this model is out of rotation after failures.")


def _praise(candidate: Candidate, metrics: Metrics) -> None:
    was_failing = candidate.member.health.failures > 0
    candidate.member.health.succeed()
    if was_failing:
        _show_ejected(candidate, metrics)


def _release(candidate: Candidate, error: BaseException | None, metrics: Metrics) -> None:
    """Gives the replica's slot back, and blames it for what was its fault."""
    candidate.engine.slots.release()
    candidate.member.inflight -= 1
    if isinstance(error, EngineError) and not isinstance(error, EngineRefused | EngineFailed):
        candidate.member.health.fail(monotonic())
        _show_ejected(candidate, metrics)


def _show_ejected(candidate: Candidate, metrics: Metrics) -> None:
    metrics.ejected.labels(candidate.engine.name).set(candidate.engine.ejected(monotonic()))


def _close(calls: Calls, call: Call, error: BaseException | None) -> None:
    call.end(_outcome(error))
    calls.metrics.count_call(call, calls.pool.label(call.model))


def _outcome(error: BaseException | None) -> str:
    if isinstance(error, EngineRefused):
        return "refused"
    if isinstance(error, EngineTimeout):
        return "timeout"
    return "failed" if isinstance(error, EngineError) else "aborted"
