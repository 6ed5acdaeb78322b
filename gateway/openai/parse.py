"""From the bytes of a request to a checked one, or an error that names the field."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from routing.errors import InvalidRequest

RequestT = TypeVar("RequestT", bound=BaseModel)


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``.

    Raises `InvalidRequest` for anything else: broken JSON or UTF-8, lone surrogates, nesting deeper than 1,024.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InvalidRequest(f"The body must be a JSON object, not {_json_type(value)}.")
    return value


def parse_request(kind: type[RequestT], body: Mapping[str, Any]) -> RequestT:
    """Checks ``body``; raises `InvalidRequest` with the first wrong field as ``param``."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise _invalid(error, body) from error


def _invalid(error: ValidationError, body: Mapping[str, Any]) -> InvalidRequest:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    first = max(details, key=lambda detail: len(_path(detail["loc"], body, detail["type"])))
    param = ".".join(str(step) for step in _path(first["loc"], body, first["type"]))
    return InvalidRequest(f"{param}: {first['msg']}.", param=param)


def _path(loc: Sequence[str | int], body: Any, kind: str) -> list[str | int]:
    """The steps of a pydantic location that lead through the body: it also names the branches of unions."""
    steps: list[str | int] = []
    value = body
    for step in loc:
        if step in (value if isinstance(value, dict) else range(_length(value))):
            value = value[step]
        elif kind in ("missing", "extra_forbidden") and step == loc[-1]:
            value = None
        else:
            continue
        steps.append(step)
    return steps


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _json_type(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
