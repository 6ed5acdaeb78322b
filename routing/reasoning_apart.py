"""A chat stream whose reasoning has a field of its own, where the model thinks aloud in its text."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.events import event_json, events, json_event
from routing.generation import Stream
from routing.reasoning import ReasoningSplitter
from routing.replay import Held

_ENGINES_OWN = frozenset({"reasoning", "reasoning_content"})
"""Fields in which engines tell a model's reasoning apart themselves: vLLM's, and the older name for it."""


def told_apart(stream: Stream, *, drops: bool = False) -> Stream:
    """The same events with what stands between ``<think>`` and ``</think>`` at the beginning of a choice as its
    ``reasoning_content``; without any reasoning, the engine's own too, where ``drops``. Closing it closes ``stream``.
    """
    return Held(_events(stream, drops), [stream])


@dataclass(slots=True)
class _Apart:
    """Rewrites chunks so that reasoning has a field of its own."""

    drops: bool
    splitters: dict[int, ReasoningSplitter] = field(default_factory=dict)

    def choice(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        splitter = self.splitters.setdefault(choice["index"], ReasoningSplitter())
        delta = dict(choice.get("delta") or {})
        if self.drops:
            delta = {name: value for name, value in delta.items() if name not in _ENGINES_OWN}
        reasoning, text = splitter.feed(delta.get("content") or "")
        if choice.get("finish_reason"):
            last_reasoning, last_text = splitter.end()
            reasoning, text = reasoning + last_reasoning, text + last_text
        if text or "content" in delta:
            delta["content"] = text
        if reasoning and not self.drops:
            delta["reasoning_content"] = reasoning
        return {**choice, "delta": delta}


async def _events(stream: Stream, drops: bool) -> AsyncGenerator[bytes, None]:
    apart = _Apart(drops)
    async for block in stream:
        for event in events(block):
            chunk = event_json(event)
            if chunk is None or not chunk.get("choices"):
                yield event
            else:
                yield json_event({**chunk, "choices": [apart.choice(choice) for choice in chunk["choices"]]})
