"""Reads YAML, for every file that Dragoman is configured with.

A subset of YAML 1.2, on purpose: scalars follow the core schema whatever a ``%YAML`` line says, so ``no`` is
Norwegian and ``on`` a word; there are no tags and no merge keys; depth, size and repetition are bounded.
"""

import pathlib
import re
from collections.abc import Iterator
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from routing.document import Document, Path, Problem
from routing.errors import ConfigError

_Node = ScalarEvent | AliasEvent | SequenceStartEvent | MappingStartEvent

MAX_SIZE = 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 100_000

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?")


def read_file(path: pathlib.Path) -> Document:
    """Parses the file at this path. Raises `ConfigError`, also where there is no such file. Blocks."""
    try:
        return read_document(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error


def read_document(text: str | bytes, source: str) -> Document:
    """Parses one YAML document; bytes are UTF-8.

    Raises `ConfigError` for what is no YAML, or outside the subset; duplicate keys and the like are reported
    together. Cost: some 20 ms per 100 lines.
    """
    reader = _Reader(_events(_decoded(text, source), source), source)
    document = Document(source, reader.document(), reader.lines)
    if reader.problems:
        raise ConfigError("\n".join(document.message(problem) for problem in reader.problems))
    return document


def _decoded(text: str | bytes, source: str) -> str:
    if len(text) > MAX_SIZE:
        raise ConfigError(f"{source}:1: longer than {MAX_SIZE} bytes")
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{source}:{line}: not UTF-8") from error


def _events(text: str, source: str) -> Iterator[Event]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{source}:{line}: not YAML: {_reason(error)}") from error
    except (YAMLError, ValueError, OverflowError) as error:
        # A character that YAML does not have, or an escape such as "\UFFFFFFFF".
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise ConfigError(f"{source}:{line}: not YAML: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    told = ", ".join(part for part in parts if part) or str(error).partition("\n")[0]
    return f"{told}; lines are indented with blanks, not with tabs" if r"'\t'" in told else told


class _Reader:
    """Builds plain values out of parser events, so that depth and size are known before they hurt."""

    def __init__(self, events: Iterator[Event], source: str) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._events = events
        self._source = source
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def document(self) -> Any:
        """The value of the one document; None where there is none."""
        documents = [self._value(event, ()) for event in self._events if isinstance(event, _Node)]
        if len(documents) > 1:
            raise ConfigError(f"{self._source}:1: holds {len(documents)} documents; one file holds one")
        return documents[0] if documents else None

    def _value(self, event: _Node, path: Path) -> Any:
        self._count(event, 1)
        if len(path) > MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, AliasEvent):
            return self._repeated(event)
        before = self._values
        value = self._built(event, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._values - before)
        return value

    def _built(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent, path: Path) -> Any:
        if event.tag not in {None, "!", "tag:yaml.org,2002:str"}:
            self.problems.append(Problem(path, f"the tag {event.tag} is not read here"))
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path)
        return self._scalar(event)

    def _repeated(self, event: AliasEvent) -> Any:
        if event.anchor not in self._anchors:
            raise self._error(event, f"the alias *{event.anchor} has no anchor before it")
        value, values = self._anchors[event.anchor]
        self._count(event, values)
        return value

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        events = self._until(MappingEndEvent)
        for event in events:
            key = self._key(event)
            place = (*path, key)
            if key in mapping:
                self.problems.append(Problem(place, f"given twice, first in line {self.lines[place]}"))
            self.lines[place] = event.start_mark.line + 1
            mapping[key] = self._value(next(events), place)
        return mapping

    def _key(self, event: Event) -> str:
        if not isinstance(event, ScalarEvent):
            raise self._error(event, "a key must be text")
        if event.value == "<<" and event.style is None:
            raise self._error(event, "merge keys (<<) are not read here")
        return self._text(event)

    def _sequence(self, path: Path) -> list[Any]:
        sequence: list[Any] = []
        for event in self._until(SequenceEndEvent):
            place = (*path, len(sequence))
            self.lines[place] = event.start_mark.line + 1
            sequence.append(self._value(event, place))
        return sequence

    def _scalar(self, event: ScalarEvent) -> Any:
        text = self._text(event)
        is_plain = event.style is None and event.tag is None
        return _core_schema(text) if is_plain else text

    def _text(self, event: ScalarEvent) -> str:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise self._error(event, "half of a surrogate pair is no character")
        return text

    def _until(self, end: type[Event]) -> Iterator[_Node]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield cast(_Node, event)

    def _count(self, event: Event, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise self._error(event, f"more than {MAX_VALUES} values, aliases counted each time")

    def _error(self, event: Event, message: str) -> ConfigError:
        return ConfigError(f"{self._source}:{event.start_mark.line + 1}: {message}")


def _core_schema(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar in YAML 1.2's core schema, without its octal and hexadecimal numbers.

    Whole numbers of more than 18 digits are no quantities but names, hence text.
    """
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
