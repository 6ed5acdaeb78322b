"""One streamed answer as a client sees it: when it began, how its pieces came, and how it ended."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


class BadAnswer(Exception):
    """The stream ended with an error, or without an end."""


@dataclass(slots=True)
class Seen:
    """Times in seconds. between_s: from each piece of text to the next.

    contract: how the gateway says that the answer's language compares with what it owes; empty where it does not.
    """

    first_s: float = 0.0
    between_s: list[float] = field(default_factory=list)
    chars: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    contract: str = ""


def read_stream(lines: Iterable[bytes], began_s: float) -> Seen:
    """Reads server-sent events to ``[DONE]``. began_s: of `perf_counter`. Raises `BadAnswer`."""
    seen, last_s = Seen(), 0.0
    for line in lines:
        if not line.startswith(b"data: "):
            continue
        if line == b"data: [DONE]":
            return seen
        event = json.loads(line.removeprefix(b"data: "))
        if "error" in event:
            raise BadAnswer(event["error"].get("message", "an error event"))
        if text := _text(event):
            now_s = perf_counter()
            if last_s:
                seen.between_s.append(now_s - last_s)
            else:
                seen.first_s = now_s - began_s
            last_s = now_s
            seen.chars += len(text)
        seen.contract = _contract(event) or seen.contract
        usage = event.get("usage") or {}
        seen.prompt_tokens += usage.get("prompt_tokens", 0)
        seen.completion_tokens += usage.get("completion_tokens", 0)
    raise BadAnswer("the stream ended without [DONE]")


def _contract(event: dict[str, Any]) -> str:
    """From the explanation, which Dragoman sends last where it is asked for. A header would come too early."""
    notes = (event.get("dragoman") or {}).get("notes") or ()
    return next((note["outcome"] for note in notes if note["note"] == "contracted"), "")


def _text(event: dict[str, Any]) -> str:
    return "".join(choice["delta"].get("content") or "" for choice in event["choices"])
