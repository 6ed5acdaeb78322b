"""A parsed file checked against the model of its contents; what is wrong is said in terms of the file."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_json

from routing.document import Document, Path, Problem
from routing.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)

_MUST_BE = {
    "string_type": "must be text (in quotation marks where it looks like a number)",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
}
"""What Pydantic's errors mean in a YAML file; the others are said in its own words."""

WRONG_KIND = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""Pydantic's errors about the `kind` of what may be of several kinds."""


def validated(document: Document, model: type[Model]) -> Model:
    """The document as a model. Raises `ConfigError` that lists everything wrong, one problem a line."""
    try:
        # As JSON, strict mode takes lists for tuples; as Python values it would not.
        return model.model_validate_json(to_json(document.value), strict=True)
    except ValidationError as error:
        told = (_problem(details, document, model) for details in error.errors() if not _is_echo(details))
        raise ConfigError(report(document, told)) from error


def report(document: Document, problems: Iterable[Problem]) -> str:
    """All problems, one a line, in the order of the file's lines."""
    in_order = sorted(problems, key=lambda problem: document.line(problem.path))
    return "\n".join(document.message(problem) for problem in in_order)


def suggestion(word: object, known: Iterable[str]) -> str:
    """The end of a message about a name that does not exist: what may have been meant, and what there is."""
    names = sorted(set(known))
    close = get_close_matches(str(word), names, n=1)
    meant = f"; did you mean `{close[0]}`?" if close else ""
    return f"{meant} (known: {', '.join(names) or 'none'})"


def _problem(details: ErrorDetails, document: Document, model: type[BaseModel]) -> Problem:
    kind, path = details["type"], _path(details["loc"], document.value)
    if kind == "extra_forbidden":
        return Problem(path, unknown_key(details, model))
    if kind == "missing":
        return Problem((*path, details["loc"][-1]), "is required")
    if kind in WRONG_KIND:
        return Problem((*path, "kind"), unknown_kind(details, model))
    return Problem(path, _sentence(details))


def unknown_key(details: ErrorDetails, model: type[BaseModel]) -> str:
    """What is said of a key that the model does not have, with those that it has there."""
    *around, key = details["loc"]
    return f"unknown key{suggestion(key, _schema_at(model, tuple(around)).get('properties', {}))}"


def unknown_kind(details: ErrorDetails, model: type[BaseModel]) -> str:
    """What is said of a `kind` that is missing or not one of those that the model has there (`WRONG_KIND`)."""
    tags = _schema_at(model, details["loc"])["discriminator"]["mapping"]
    given = details.get("ctx", {}).get("tag", "")
    wrong = f"no kind is called `{given}`" if given else "is required"
    return f"{wrong}{suggestion(given, tags)}"


def _is_echo(details: ErrorDetails) -> bool:
    # A list whose items are all wrong is called too short as well.
    return details["type"] == "too_short" and bool(details["input"])


def _sentence(details: ErrorDetails) -> str:
    # Text is not repeated: what was pasted into the wrong place may be a secret.
    given = details["input"]
    shown = f", not {to_json(given).decode()}" if given is None or isinstance(given, int | float) else ""
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    return _MUST_BE.get(details["type"], re.sub("^(Input|String) should", "must", details["msg"])) + shown


def _path(location: Path, value: Any) -> Path:
    """Pydantic's location without the parts that are no keys of the file, such as the kind of a strategy."""
    path: list[str | int] = []
    for part in location:
        if _has(value, part):
            value = value[part]
            path.append(part)
    return tuple(path)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


@lru_cache(maxsize=16)
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Takes 15 ms for the requests' largest, and clients may send wrong ones in a row."""
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], location: Path) -> dict[str, Any]:
    schema = _schema(model)
    definitions = schema.get("$defs", {})
    for part in location:
        schema = _resolved(_step(_resolved(schema, definitions), part), definitions)
    return _resolved(schema, definitions)


def _step(schema: dict[str, Any], part: str | int) -> dict[str, Any]:
    if "discriminator" in schema:
        return {"$ref": schema["discriminator"]["mapping"][part]}
    if part in schema.get("properties", {}):
        return dict(schema["properties"][part])
    of_any_key = schema.get("patternProperties", {"": schema.get("additionalProperties")})
    return dict(schema.get("items") or next(iter(of_any_key.values())) or {})


def _resolved(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    for choice in schema.get("anyOf", ()):  # an optional field: what it is, or null
        if choice.get("type") != "null":
            schema = choice
            break
    if "$ref" in schema:
        return dict(definitions[schema["$ref"].rpartition("/")[2]])
    return schema
