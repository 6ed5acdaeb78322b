"""From the bytes of a request to a checked one, or an error that names the field."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from gateway.openai.wrong_field import json_type, wrong_field
from routing.errors import InvalidRequest

RequestT = TypeVar("RequestT", bound=BaseModel)

# orjson reads 1,024 levels but writes only 254, and what was read must be written again for the engine.
_MAX_DEPTH = 200
# 2,600,000 lists fit in a body, and held the event loop for 3 s; so many as this for 100 ms.
_MAX_CONTAINERS = 50_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
# Details of 600,000 wrong fields, which fit in a body, took 6 s.
_MAX_DETAILED = 1_000


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``.

    Raises `InvalidRequest` for anything else: broken JSON or UTF-8, lone surrogates, deep nesting, and for more than
    50,000 lists and objects. An integer beyond 64 bits becomes a float; of a name that comes twice, the last counts.
    """
    brackets = _brackets(raw)
    if brackets > _MAX_CONTAINERS and _brackets(_STRING.sub(b"", raw)) > _MAX_CONTAINERS:
        raise InvalidRequest(f"The body holds more than {_MAX_CONTAINERS} lists and objects.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InvalidRequest(f"The body must be a JSON object, not {json_type(value)}.")
    if brackets > _MAX_DEPTH and _is_too_deep(value):
        raise InvalidRequest(f"The body is nested more than {_MAX_DEPTH} levels deep.")
    return value


def parse_request(kind: type[RequestT], body: Mapping[str, Any]) -> RequestT:
    """Checks ``body``; raises `InvalidRequest` with a wrong field as ``param``, and what is allowed there."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        if error.error_count() > _MAX_DETAILED:
            raise InvalidRequest(f"The body has {error.error_count()} mistakes.") from error
        raise wrong_field(error.errors(include_url=False), body, kind) from error


def _brackets(raw: bytes) -> int:
    return raw.count(b"{") + raw.count(b"[")


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [child for parent in level for child in _containers_in(parent)]
    return bool(level)


def _containers_in(value: object) -> list[object]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, dict | list)]
