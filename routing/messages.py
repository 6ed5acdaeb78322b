"""The messages of a chat request: what strategies add to them. Always a new list; the client's stays as it came."""

from collections.abc import Mapping, Sequence
from typing import Any

from routing.generation import Generation

Message = Mapping[str, Any]

_INSTRUCTING = frozenset({"system", "developer"})


def with_instruction(generation: Generation, text: str) -> Generation:
    """The chat with ``text`` at the end of its system message; one is made where there is none.

    Many chat templates take a single system message, and only as the first.
    """
    first, *others = generation.body["messages"]
    if first["role"] in _INSTRUCTING:
        changed = [{**first, "content": _added(first.get("content"), text)}, *others]
    else:
        changed = [{"role": "system", "content": text}, first, *others]
    return generation.with_body(messages=changed)


def with_line(generation: Generation, text: str) -> Generation:
    """The chat with ``text`` at the end of its last user message; unchanged where no user speaks."""
    messages = list(generation.body["messages"])
    last = last_user(messages)
    if last is None:
        return generation
    messages[last] = {**messages[last], "content": _added(messages[last].get("content"), text)}
    return generation.with_body(messages=messages)


def with_turns_before(generation: Generation, turns: Sequence[Message]) -> Generation:
    """The chat with these turns after its system messages and before all others."""
    messages = generation.body["messages"]
    start = next(
        (place for place, message in enumerate(messages) if message["role"] not in _INSTRUCTING),
        len(messages),
    )
    return generation.with_body(messages=[*messages[:start], *turns, *messages[start:]])


def last_user(messages: Sequence[Message]) -> int | None:
    """The place of the last message of a user."""
    users = (place for place in reversed(range(len(messages))) if messages[place]["role"] == "user")
    return next(users, None)


def last_user_text(generation: Generation) -> str:
    """What the user said last, its text parts joined by line ends; empty where no user speaks."""
    messages = generation.body["messages"]
    place = last_user(messages)
    return "" if place is None else text_of(messages[place].get("content"))


def text_of(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("text"))
    return content or ""


def _added(content: Any, text: str) -> Any:
    if isinstance(content, list):
        return [*content, {"type": "text", "text": text}]
    return f"{content}\n\n{text}" if content else text
