"""The strings in a JSON answer that say something to a reader, apart from those that a program reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_FIXING = frozenset({"enum", "const", "pattern", "format", "$ref"})
_CODE_LIKE = re.compile(r"[\w.+-]*[_/@:.#\\][\w./:@#?&=%\\-]+|[A-Z0-9-]+|\w*\d\w*")


def strings_of(value: Any, schema: Schema | None = None) -> list[str]:
    """The strings to translate, in the order of the document.

    Left out are keys, strings that the schema fixes (enum, const, pattern, format), and what looks like an identifier,
    a link or a code: one word with a mark or digit in it, or in capitals alone.
    """
    return [value for value, _ in _leaves(value, schema or {}, schema or {}) if _is_prose(value)]


def with_strings(value: Any, schema: Schema | None, strings: Sequence[str]) -> Any:
    """The document with these in place of what `strings_of` gave. All else is as it was, the order of keys too."""
    left = iter(strings)
    return _replaced(value, schema or {}, schema or {}, left)


def _leaves(value: Any, schema: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    if isinstance(value, str):
        if not _is_fixed(schema):
            yield value, schema
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, _property(schema, name, root), root)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, _item(schema, root), root)


def _replaced(value: Any, schema: Schema, root: Schema, left: Iterator[str]) -> Any:
    if isinstance(value, str):
        return next(left) if not _is_fixed(schema) and _is_prose(value) else value
    if isinstance(value, dict):
        return {
            name: _replaced(item, _property(schema, name, root), root, left) for name, item in value.items()
        }
    if isinstance(value, list):
        return [_replaced(item, _item(schema, root), root, left) for item in value]
    return value


def _is_prose(text: str) -> bool:
    return any(character.isalpha() for character in text) and not _CODE_LIKE.fullmatch(text)


def _is_fixed(schema: Schema) -> bool:
    if schema.keys() & _FIXING:
        return True
    return any(_is_fixed(option) for name in ("anyOf", "oneOf", "allOf") for option in _options(schema, name))


def _property(schema: Schema, name: str, root: Schema) -> Schema:
    """The schema of a property, through references and alternatives; ``{}`` where it has none."""
    schema = _resolved(schema, root)
    if isinstance(found := (schema.get("properties") or {}).get(name), Mapping):
        return _resolved(found, root)
    for option in _all_options(schema):
        if found := _property(option, name, root):
            return found
    extra = schema.get("additionalProperties")
    return _resolved(extra, root) if isinstance(extra, Mapping) else {}


def _item(schema: Schema, root: Schema) -> Schema:
    schema = _resolved(schema, root)
    if isinstance(found := schema.get("items"), Mapping):
        return _resolved(found, root)
    return next((found for option in _all_options(schema) if (found := _item(option, root))), {})


def _resolved(schema: Schema, root: Schema) -> Schema:
    """What a local reference stands for; the reference itself, which fixes, where that cannot be found."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found: Any = root
    for part in reference[2:].split("/"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) and "$ref" not in found else schema


def _all_options(schema: Schema) -> Iterator[Schema]:
    for name in ("anyOf", "oneOf", "allOf"):
        yield from _options(schema, name)


def _options(schema: Schema, name: str) -> Iterator[Schema]:
    return (option for option in schema.get(name) or () if isinstance(option, Mapping))
