"""A candidate answer, and the order that a selector puts several into."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.reasoning import without_reasoning


@dataclass(frozen=True, slots=True)
class Sample:
    """One candidate answer to a chat request, complete.

    choice: it in OpenAI's wire form: ``message``, ``finish_reason``, ``logprobs`` where asked for.
    tokens: how many it took, 0 where the engine did not say.
    logprob: the mean log-probability of its tokens (natural logarithm), None where the engine gave none.
    keeps_contract: whether it is in the language that it owes; True where nobody can tell.
    """

    choice: Mapping[str, Any]
    tokens: int = 0
    logprob: float | None = None
    keeps_contract: bool = True

    @property
    def text(self) -> str:
        """What it says: the message's content, without reasoning; where it has none, its tool calls as JSON."""
        message = self.choice["message"]
        said = without_reasoning(message.get("content") or "")
        return said or _calls(message.get("tool_calls") or ())

    @property
    def says_something(self) -> bool:
        """Whether it has a text or calls a tool. Reasoning that came to no answer is none."""
        return bool(self.text.strip())


def _calls(calls: Iterable[Mapping[str, Any]]) -> str:
    """Calls as text that is equal where they are: their ids differ between samples and do not count."""
    told = ", ".join(_call(call["function"]) for call in calls)
    return f"[{told}]" if told else ""


def _call(function: Mapping[str, Any]) -> str:
    name, arguments = function["name"], function["arguments"]
    try:
        told = _written([name, json.loads(arguments)])
    except (ValueError, RecursionError):  # no JSON, or what a model writes that has come into a loop: [[[[[…
        told = _written([name, arguments])
    return told


def _written(value: Any) -> str:
    """As JSON, without the halves of surrogate pairs, which no engine can be sent."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The samples from best to worst, as their places in the sequence that was ranked.

    order: every place once; samples that were not considered come last.
    agreement: 0 to 1, how far the samples agree with the best.
    """

    order: tuple[int, ...]
    agreement: float
