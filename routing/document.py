"""A parsed file whose values remember their lines, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Where a value is in a document: keys of mappings and indices of lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place of a document."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    source: its name in messages.
    value: dicts, lists, strings, ints, floats, bools and None.
    lines: the line, counted from 1, of every key and list item.
    """

    source: str
    value: Any
    lines: Mapping[Path, int]

    def message(self, problem: Problem) -> str:
        """One line that says where and what: ``file:line: key.path: what is wrong``."""
        where = f"{self.source}:{self.line(problem.path)}"
        return ": ".join(filter(None, (where, _dotted(problem.path), problem.message)))

    def line(self, path: Path) -> int:
        """The line of this place, or of the nearest one around it."""
        known = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[place] for place in known if place in self.lines), 1)


def _dotted(path: Path) -> str:
    shown = (f"[{part}]" if isinstance(part, int) else f".{_printable(part)}" for part in path)
    return "".join(shown).removeprefix(".")


def _printable(key: str) -> str:
    # isprintable() would escape the joiners that many scripts need.
    return (
        ascii(key)
        if any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029" for character in key)
        else key
    )
