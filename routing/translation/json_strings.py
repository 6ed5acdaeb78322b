"""The strings in a JSON answer that say something to a reader, apart from those that a program reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_FIXING = frozenset({"enum", "const", "pattern", "format", "$ref"})
# Latin alone: in a script without blanks a whole sentence with a digit in it would look like one word.
_CODE_LIKE = re.compile(
    r"[A-Za-z0-9.+-]*[_/@:.#\\][A-Za-z0-9_./:@#?&=%\\-]+|[A-Z0-9-]+|[A-Za-z0-9_-]*\d[A-Za-z0-9_-]*|[a-z]+[A-Z]\w*"
    r"|[a-z]{2,3}-[A-Z]{2}|\w+://\S+|[^\s@]+@[^\s@]+\.[^\s@]+|\S+\.[a-z][a-z0-9]{1,4}"
)


def strings_of(value: Any, schema: Schema | None = None) -> list[str]:
    """The strings to translate, in the order of the document.

    Left out are keys, strings that the schema fixes (enum, const, pattern, format), and what looks like an identifier,
    a link or a code: one word with a mark or digit in it, or in capitals alone.
    """
    rules = _Rules(schema or {})
    return list(_leaves(value, rules.all_of(rules.root), rules))


def with_strings(value: Any, schema: Schema | None, strings: Sequence[str]) -> Any:
    """The document with these in place of what `strings_of` gave. All else is as it was, the order of keys too."""
    rules = _Rules(schema or {})
    return _replaced(value, rules.all_of(rules.root), rules, iter(strings))


Schemas = list[Schema]
"""All schemas that may hold for one place: what any of them fixes is fixed."""


@dataclass(frozen=True, slots=True)
class _Rules:
    root: Schema

    def all_of(self, *schemas: Any) -> Schemas:
        """The schemas with those that they refer to and choose from, each once; a reference to nowhere stays."""
        found: dict[int, Schema] = {}
        left = list(schemas)
        while left:
            schema = left.pop()
            if not isinstance(schema, Mapping) or id(schema) in found:
                continue
            found[id(schema)] = schema
            for name in ("anyOf", "oneOf", "allOf"):
                left += schema.get(name) or ()
            left += [schema[name] for name in ("if", "then", "else") if name in schema]
            if (target := self._target(schema)) is not None:
                found[id(schema)] = {name: rule for name, rule in schema.items() if name != "$ref"}
                left.append(target)
        return list(found.values())

    def _target(self, schema: Schema) -> Schema | None:
        reference = schema.get("$ref")
        if reference == "#":
            return self.root
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        found: Any = self.root
        for part in reference[2:].split("/"):
            found = (
                found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            )
        return found if isinstance(found, Mapping) else None

    def of_property(self, schemas: Schemas, name: str) -> Schemas:
        return self.all_of(*(rule for schema in schemas for rule in _rules_of_property(schema, name)))

    def of_item(self, schemas: Schemas) -> Schemas:
        """Those of every item: which of ``prefixItems`` holds is not asked."""
        rules = ([schema.get("items"), *(schema.get("prefixItems") or ())] for schema in schemas)
        return self.all_of(*(rule for several in rules for rule in several))


def _rules_of_property(schema: Schema, name: str) -> Iterator[Any]:
    own = schema.get("properties")
    if isinstance(own, Mapping) and name in own:
        yield own[name]
    else:
        yield schema.get("additionalProperties")
    # Which pattern matches is not asked: what one of them fixes is left alone.
    yield from (schema.get("patternProperties") or {}).values()


def _leaves(value: Any, schemas: Schemas, rules: _Rules) -> Iterator[str]:
    if isinstance(value, str):
        if _is_translatable(value, schemas):
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, rules.of_property(schemas, name), rules)
    elif isinstance(value, list):
        within = rules.of_item(schemas)
        for item in value:
            yield from _leaves(item, within, rules)


def _replaced(value: Any, schemas: Schemas, rules: _Rules, left: Iterator[str]) -> Any:
    if isinstance(value, str):
        return next(left) if _is_translatable(value, schemas) else value
    if isinstance(value, dict):
        return {
            name: _replaced(item, rules.of_property(schemas, name), rules, left)
            for name, item in value.items()
        }
    if isinstance(value, list):
        within = rules.of_item(schemas)
        return [_replaced(item, within, rules, left) for item in value]
    return value


def _is_translatable(text: str, schemas: Schemas) -> bool:
    if any(schema.keys() & _FIXING for schema in schemas):
        return False
    return any(map(str.isalpha, text)) and not _CODE_LIKE.fullmatch(text)
