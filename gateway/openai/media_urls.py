"""The URLs in a request that the engine would fetch."""

from collections.abc import Iterator, Mapping
from typing import Any

# What a client keeps with its request, or the model wrote: nothing that is named there is fetched.
_NOT_FETCHED = frozenset({"metadata", "tool_calls"})


def media_urls(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every field ``..._url`` that holds a string, or an object with a ``url``: the field's path, and the URL.

    Looked for at any depth and in fields that the gateway does not know: engines take media in places of their own,
    such as the output of a tool, or messages in a request for embeddings. Costs one pass over the body.
    """
    pending: list[tuple[str, object]] = [("", body)]
    while pending:
        path, value = pending.pop()
        for step, child in _children(value):
            if isinstance(step, str) and step.endswith("_url"):
                url = child.get("url") if isinstance(child, dict) else child
                if isinstance(url, str):
                    yield f"{path}{step}", url
            if isinstance(child, dict | list) and step not in _NOT_FETCHED:
                pending.append((f"{path}{step}.", child))


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
