"""The parts of a chat request that may be translated or not: selective pre-translation (Mondshine et al. 2025).

The paper tells instruction, context, examples and output apart in one prompt; here they are told apart by the roles of
messages, which clients keep, where the paper's prompts were built from known fields.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from routing.messages import last_user

Part = Literal["instruction", "context", "examples", "output"]

Place = tuple[str | int, ...]
"""Keys and indices that lead to a text in a request's body."""

_INSTRUCTING = frozenset({"system", "developer"})
_EXAMPLES = frozenset({"example_user", "example_assistant"})


@dataclass(frozen=True, slots=True)
class PartText:
    """One text of a request, what it is there for, and where it stands."""

    part: Part
    place: Place
    text: str


def parts_of(body: Mapping[str, Any]) -> tuple[PartText, ...]:
    """All texts of a chat request, in its order.

    instruction: system and developer messages, and the user's last message. examples: messages named ``example_user``
    or ``example_assistant``, as OpenAI has it. context: all other turns, results of tools among them. output: the
    descriptions of tools and of the answer's format. Names, arguments, enums and keys are no texts.
    """
    return (*_message_parts(body["messages"]), *_output_parts(body))


def with_parts(body: Mapping[str, Any], texts: Mapping[Place, str]) -> dict[str, Any]:
    """The body with other texts in these places; what is changed is copied."""
    changed = {**body}
    for name in {place[0] for place in texts}:
        changed[str(name)] = deepcopy(body[str(name)])
    for (*way, last), text in texts.items():
        found: Any = changed
        for step in way:
            found = found[step]
        found[last] = text
    return changed


def _message_parts(messages: list[dict[str, Any]]) -> Iterator[PartText]:
    last = last_user(messages)
    for index, message in enumerate(messages):
        part = _part(message, is_last_user=index == last)
        content = message.get("content")
        if isinstance(content, str):
            yield PartText(part, ("messages", index, "content"), content)
        elif isinstance(content, list):
            for place, item in enumerate(content):
                if isinstance(item.get("text"), str):
                    yield PartText(part, ("messages", index, "content", place, "text"), item["text"])


def _part(message: Mapping[str, Any], *, is_last_user: bool) -> Part:
    if message.get("name") in _EXAMPLES:
        return "examples"
    return "instruction" if is_last_user or message["role"] in _INSTRUCTING else "context"


def _output_parts(body: Mapping[str, Any]) -> Iterator[PartText]:
    for name in ("tools", "response_format"):
        yield from _descriptions(body.get(name), (name,))


def _descriptions(value: Any, place: Place) -> Iterator[PartText]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _descriptions(item, (*place, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            # A property may be called `description` too: then it is a schema, not a text.
            if name == "description" and isinstance(item, str):
                yield PartText("output", (*place, name), item)
            elif name not in {"enum", "const", "default", "examples"}:
                yield from _descriptions(item, (*place, name))
