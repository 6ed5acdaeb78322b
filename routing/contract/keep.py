"""Holds an answer to the language that it owes, around whatever strategy makes it."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from routing.answer import Answer, streamed
from routing.answer_document import as_asked
from routing.back_translation import translated_back
from routing.begun import begun, resumed
from routing.context import Context
from routing.contract.judge import judge
from routing.contract.watch import Watcher
from routing.contract_settings import ContractSettings
from routing.errors import EngineError
from routing.events import DONE, event_json, events
from routing.generation import Engine, Generation, Mask, Stream
from routing.language import UNDETERMINED
from routing.language_names import full_name
from routing.language_ranges import ranges_of
from routing.mask_scripts import has_own_script
from routing.messages import last_user_text, with_instruction
from routing.notes import Contracted, Degraded, Outcome, Retried
from routing.replay import Held
from routing.translation.fence import fence
from routing.translator import Translator

if TYPE_CHECKING:
    from routing.strategy import Strategy

# Enough of an answer to judge its language by; what is longer is judged by its beginning.
_JUDGED_BYTES = 256 * 1024


async def keep_contract(
    strategy: "Strategy", settings: ContractSettings, generation: Generation, engine: Engine, context: Context
) -> Stream:
    """The strategy's answer, with what ``settings`` say done about its language. Raises what the strategy raises.

    Without a level, without a language owed, and on endpoints other than chat, it is the strategy's own stream.
    """
    if settings.level == "off" or not _is_judged(generation, context):
        return await strategy(generation, engine, context)
    if context.exempt:
        context.notes(Contracted(context.owed, settings.level, "exempt"))
        return await strategy(generation, engine, context)
    if settings.level == "retry":
        return await _Retrying(strategy, settings, engine, context).run(generation)
    if settings.level == "mask" and has_own_script(context.owed):
        generation = replace(generation, mask=Mask(context.owed, settings.latin, settings.mask))
    stream = await strategy(generation, engine, context)
    return _flagged(stream, generation, settings.level, context)


def _is_judged(generation: Generation, context: Context) -> bool:
    return generation.endpoint == "chat/completions" and ranges_of(context.owed)[-1] != UNDETERMINED


@dataclass(frozen=True, slots=True)
class _HeldBack:
    """An answer whose beginning was read: ``stream`` yields all of it. ``instead`` is what it was found to be in."""

    stream: Stream
    is_broken: bool
    instead: str = UNDETERMINED


@dataclass(frozen=True, slots=True)
class _Retrying:
    """Asks again until the answer begins in the right language, and then has it translated."""

    strategy: "Strategy"
    settings: ContractSettings
    engine: Engine
    context: Context

    async def run(self, generation: Generation) -> Stream:
        held = await self._held_back(generation)
        outcome: Outcome = "kept"
        for _ in range(self.settings.retries):
            if not held.is_broken:
                break
            await held.stream.aclose()
            self.context.notes(Retried("contract", "language"))
            outcome = "repaired"
            held = await self._held_back(self._asked_again(generation))
        if held.is_broken and self._can_translate(held):
            return await self._translated_or_sent(held, generation)
        return self._flagged(held.stream, generation, outcome)

    async def _held_back(self, generation: Generation) -> _HeldBack:
        stream = await self.strategy(streamed(generation), self.engine, self.context)
        try:
            return await _hold_back(stream, generation.n, self.context, last_user_text(generation))
        except BaseException:
            await stream.aclose()
            raise

    def _asked_again(self, generation: Generation) -> Generation:
        owed = self.context.owed
        prompt = self.context.prompts.text("answer_language_strong", owed, language=full_name(owed))
        return with_instruction(generation, prompt)

    def _can_translate(self, held: _HeldBack) -> bool:
        return self.settings.otherwise == "translate" and ranges_of(held.instead)[-1] != UNDETERMINED

    async def _translated_or_sent(self, held: _HeldBack, generation: Generation) -> Stream:
        """The answer translated. Where that fails before anything was sent, one is asked for once more and sent as it
        is: an answer in another language is better than none, and it is told of."""
        try:
            translated = await self._translated(held, generation)
            return await begun(self._flagged(translated, generation, "repaired"))
        except EngineError as error:
            self.context.notes(Degraded("contract", error.code, "send"))
        stream = await self.strategy(streamed(self._asked_again(generation)), self.engine, self.context)
        return self._flagged(stream, generation, "repaired")

    async def _translated(self, held: _HeldBack, generation: Generation) -> Stream:
        back = Translator(generation, self.engine, self.context, held.instead, self.context.owed)
        question = fence(last_user_text(generation)).text

        async def translate(text: str) -> str:
            return await back.text(text, "translate_answer", question=question)

        return await translated_back(held.stream, translate, generation)

    def _flagged(self, stream: Stream, generation: Generation, outcome: Outcome) -> Stream:
        judging = _Judging("retry", outcome)
        judged = _judged_events(stream, last_user_text(generation), self.context, judging)
        return as_asked(Held(judged, [stream]), generation)


async def _hold_back(stream: Stream, n: int, context: Context, request: str) -> _HeldBack:
    """Reads until every choice was seen to be in the language owed, or one was not, or all is read."""
    watchers: dict[int, Watcher] = {}
    read: list[bytes] = []
    async for block in stream:
        read.append(block)
        for index, text in _texts(block):
            watcher = watchers.setdefault(index, Watcher(context.owed, context.detector, request))
            if watcher.feed(text) == "break":
                return _HeldBack(resumed(read, stream), is_broken=True, instead=watcher.instead)
        if len(watchers) == n and all(watcher.has_passed for watcher in watchers.values()):
            return _HeldBack(resumed(read, stream), is_broken=False)
    broken = next((watcher for watcher in watchers.values() if watcher.end() == "break"), None)
    instead = broken.instead if broken else UNDETERMINED
    return _HeldBack(resumed(read, stream), is_broken=broken is not None, instead=instead)


def _texts(block: bytes) -> Iterator[tuple[int, str]]:
    """The pieces of text in a block, with the choices that they belong to."""
    for event in events(block):
        for choice in (event_json(event) or {}).get("choices") or ():
            yield choice["index"], (choice.get("delta") or {}).get("content") or ""


def _flagged(stream: Stream, generation: Generation, level: str, context: Context) -> Stream:
    request = last_user_text(generation)
    if generation.is_streamed:
        return Held(_judged_events(stream, request, context, _Judging(level)), [stream])
    return Held(_judged_document(stream, request, context, _Judging(level)), [stream])


@dataclass(frozen=True, slots=True)
class _Judging:
    """How an answer is judged: at which level, and what a good one is called."""

    level: str
    kept: Outcome = "kept"

    def note(self, texts: Sequence[str], request: str, context: Context) -> None:
        outcomes = [judge(text, context.owed, context.detector, request).outcome for text in texts]
        worst: Outcome = min(outcomes, key=_FROM_WORST.index, default="unjudged")
        outcome = self.kept if worst == "kept" else worst
        context.notes(Contracted(context.owed, self.level, outcome))


_FROM_WORST: tuple[Outcome, ...] = ("broken", "kept", "unjudged")


async def _judged_events(
    stream: Stream, request: str, context: Context, judging: _Judging
) -> AsyncGenerator[bytes, None]:
    answer, size = Answer(), 0
    kept: list[bytes] = []
    async for block in stream:
        if size < _JUDGED_BYTES:
            kept.append(block)
            size += len(block)
        if block.endswith(DONE):
            for each in kept:
                answer.take(each)
            judging.note([choice.text for choice in answer.in_order], request, context)
        yield block


async def _judged_document(
    stream: Stream, request: str, context: Context, judging: _Judging
) -> AsyncGenerator[bytes, None]:
    async for block in stream:
        judging.note(_document_texts(block), request, context)
        yield block


def _document_texts(document: bytes) -> list[str]:
    """What the choices of a whole answer say; nothing where it is no answer: somebody else will say so."""
    try:
        choices = orjson.loads(document)["choices"]
        return [choice["message"].get("content") or "" for choice in choices]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return []
