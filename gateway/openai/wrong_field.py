"""What a client is told of a field that is wrong: which one, what it must be, what may have been meant."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails, to_json

from routing.errors import InvalidRequest
from routing.validation import WRONG_KIND, unknown_key, unknown_kind

_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "an array",
    "tuple_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""What Pydantic's errors about types ask for."""

_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_LITERALS = {"True": "true", "False": "false"}
_EMPTY = frozenset({"too_short", "string_too_short"})
_JSON_TYPES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}


def wrong_field(
    errors: Sequence[ErrorDetails], body: Mapping[str, Any], model: type[BaseModel]
) -> InvalidRequest:
    """The error for the field that lies deepest in the body: where it may be one of several things, one fits best.

    errors: Pydantic's, of checking ``body`` against ``model``; at least one. Text of the body is not repeated, but for
    names of keys and kinds. Costs some milliseconds for a name that is not known, which is looked up in the schema.
    """
    paths = [_path(details, body) for details in errors]
    deepest = max(paths, key=len)
    there = [details for details, path in zip(errors, paths, strict=True) if path == deepest]
    param = ".".join(map(str, deepest))
    return InvalidRequest(f"{param}: {_wrong(there, model)}.", param=param)


def json_type(value: object) -> str:
    """What JSON calls the type of a parsed value."""
    if value is None:
        return "null"
    return _JSON_TYPES.get(type(value), "a number")


def _wrong(there: Sequence[ErrorDetails], model: type[BaseModel]) -> str:
    """What is wrong at one place, of which each kind that it might have been says something."""
    first = there[0]
    if first["type"] in WRONG_KIND:
        return unknown_kind(first, model)
    if first["type"] == "extra_forbidden":
        return unknown_key(first, model)
    wanted = [_TYPES[details["type"]] for details in there if details["type"] in _TYPES]
    if len(wanted) == len(there):
        return f"must be {_or(dict.fromkeys(wanted))}, not {_shown(first['input'])}"
    return _sentence(next(details for details in there if details["type"] not in _TYPES))


def _sentence(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        return "is required"
    if kind in _EMPTY:
        return "must not be empty"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        expected = context["expected"]
        return f"must be {_LITERALS.get(expected, expected)}"
    if bound := next((name for name in _BOUNDS if name in context), None):
        limit = str(context[bound]).removesuffix(".0")
        return f"must be {_BOUNDS[bound]} {limit}, not {_shown(details['input'])}"
    return re.sub("^(Input|String) should", "must", details["msg"])


def _or(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _shown(value: object) -> str:
    return to_json(value).decode() if value is None or isinstance(value, int | float) else json_type(value)


def _path(details: ErrorDetails, body: Any) -> list[str | int]:
    """The steps of Pydantic's location that lead through the body: it also names the branches of unions."""
    location, kind = details["loc"], details["type"]
    steps: list[str | int] = []
    value = body
    for step in location:
        if _leads_into(step, value):
            value = value[step]
        elif kind == "missing" and step == location[-1]:
            value = None
        else:
            continue
        steps.append(step)
    return [*steps, "kind"] if kind in WRONG_KIND else steps


def _leads_into(step: str | int, value: object) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value
