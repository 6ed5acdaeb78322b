"""A chat answer put together from the events of its stream."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from routing.errors import CutOff, EngineError, EngineRefused
from routing.events import event_json, events
from routing.generation import Engine, Generation, Stream
from routing.reasoning import without_reasoning

Choice = Mapping[str, Any]
"""One of the n choices of a chat answer in OpenAI's wire form: ``index``, ``message``, ``finish_reason``."""


@dataclass(slots=True)
class ChoiceSoFar:
    """One choice while its deltas arrive."""

    index: int
    message: dict[str, Any] = field(default_factory=lambda: {"role": "assistant", "content": None})
    finish_reason: str | None = None
    logprobs: list[dict[str, Any]] = field(default_factory=list)
    deltas: int = 0

    def take(self, choice: Mapping[str, Any]) -> None:
        """Adds what a chunk has of this choice. A chunk is taken for a token."""
        _merge(self.message, choice.get("delta") or {})
        self.deltas += 1
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self.logprobs += (choice.get("logprobs") or {}).get("content") or ()

    @property
    def text(self) -> str:
        """What it says so far."""
        return self.message["content"] or ""

    @property
    def logprob(self) -> float | None:
        """The mean log-probability of its tokens, where the engine sent any."""
        if not self.logprobs:
            return None
        return sum(float(token["logprob"]) for token in self.logprobs) / len(self.logprobs)

    @property
    def wire(self) -> dict[str, Any]:
        """It as a choice of a whole answer."""
        shown = {"index": self.index, "message": self.message, "finish_reason": self.finish_reason}
        return {**shown, "logprobs": {"content": self.logprobs} if self.logprobs else None}


@dataclass(slots=True)
class Answer:
    """A chat answer as far as it has come.

    head: ``id``, ``created``, ``model`` and the like, as the first chunk had them.
    choices: by their index.
    usage: what the last chunk said of it.
    """

    head: dict[str, Any] = field(default_factory=dict)
    choices: dict[int, ChoiceSoFar] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)

    def take(self, block: bytes) -> None:
        """Adds the events of a block."""
        for event in events(block):
            chunk = event_json(event)
            if chunk is not None:
                self._take_chunk(chunk)

    def take_document(self, document: Mapping[str, Any]) -> None:
        """Takes a whole answer instead of events. Its usage is for all choices: each is given an equal share."""
        self.usage = document.get("usage") or {}
        choices = document.get("choices") or ()
        for choice in choices:
            taken = self.choices.setdefault(choice["index"], ChoiceSoFar(choice["index"]))
            taken.take({**choice, "delta": choice.get("message")})
            usual = int(self.usage.get("completion_tokens") or 0) // len(choices)
            taken.deltas = len(taken.logprobs) or usual

    def _take_chunk(self, chunk: dict[str, Any]) -> None:
        if not self.head:
            self.head = {name: value for name, value in chunk.items() if name not in {"choices", "usage"}}
        self.usage = chunk.get("usage") or self.usage
        for choice in chunk.get("choices") or ():
            index = choice["index"]
            self.choices.setdefault(index, ChoiceSoFar(index)).take(choice)

    @property
    def in_order(self) -> list[ChoiceSoFar]:
        """Its choices by index."""
        return [self.choices[index] for index in sorted(self.choices)]


async def ask(generation: Generation, engine: Engine) -> Answer:
    """Makes a streamed chat call and reads it to its end.

    Raises what the engine raises, and `EngineError` where a choice has no end: cut short, it is no answer.
    """
    stream = await engine.generate(streamed(generation))
    async with aclosing(stream):
        return await read(stream)


async def read(stream: Stream) -> Answer:
    """Reads a streamed chat answer to its end; the holder closes the stream. Raises as `ask` does."""
    answer = Answer()
    async for block in stream:
        answer.take(block)
    return _ended(answer)


async def ask_text_until(generation: Generation, engine: Engine, is_enough: Callable[[str], bool]) -> str:
    """The text of a call for a single choice, its reasoning left out, given up as soon as what was said is enough.

    Some models go on long after they are done. Raises as `ask` does, and `CutOff` for a text cut at its length. Where
    the ``max_tokens`` given to it are more than the engine's whole context, the context is the limit.

    is_enough: asked with the whole text so far at each of its pieces.
    """
    answer = Answer()
    stream = await _begun_within_context(streamed(generation), engine)
    async with aclosing(stream):
        async for block in stream:
            answer.take(block)
            if answer.choices and is_enough(text := without_reasoning(answer.in_order[0].text)):
                return text
    return _uncut_text(_ended(answer))


async def _begun_within_context(generation: Generation, engine: Engine) -> Stream:
    """The limits of hidden calls go by the text's length; how long an engine's context is, nobody here knows."""
    try:
        return await engine.generate(generation)
    except EngineRefused as refused:
        if refused.param != "max_tokens":
            raise
    body = {name: value for name, value in generation.body.items() if name != "max_tokens"}
    return await engine.generate(replace(generation, body=body))


def _ended(answer: Answer) -> Answer:
    if not answer.choices or any(choice.finish_reason is None for choice in answer.choices.values()):
        raise EngineError("The engine's answer has no end.")
    return answer


def _uncut_text(answer: Answer) -> str:
    choice = answer.in_order[0]
    if choice.finish_reason == "length":
        raise CutOff("The engine's answer was cut off at its length.")
    return without_reasoning(choice.text)


def streamed(generation: Generation) -> Generation:
    """The generation as a stream whose usage is told."""
    return generation.with_body(stream=True, stream_options={"include_usage": True})


def whole(generation: Generation) -> Generation:
    """The generation as one document."""
    body = {name: value for name, value in generation.body.items() if name != "stream_options"}
    return replace(generation, body={**body, "stream": False})


def _merge(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            if value:
                _merge_tool_calls(message.setdefault(name, []), value)
        elif isinstance(value, str) and name != "role":
            message[name] = (message.get(name) or "") + value
        elif value is not None:
            message[name] = value


def _merge_tool_calls(calls: list[dict[str, Any]], deltas: Iterable[Mapping[str, Any]]) -> None:
    """Deltas name the call that they belong to; its id, type and name come once, its arguments in pieces."""
    for delta in deltas:
        index = delta.get("index", len(calls))
        while len(calls) <= index:
            calls.append({"type": "function", "function": {"name": "", "arguments": ""}})
        call, part = calls[index], delta.get("function") or {}
        call.update({name: delta[name] for name in ("id", "type") if delta.get(name)})
        call["function"]["name"] += part.get("name") or ""
        call["function"]["arguments"] += part.get("arguments") or ""
