"""The Markdown shape of a text: what a translation has to keep of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from routing.errors import StructureLost

_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]")
_ITEM = re.compile(r"([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_QUOTE = re.compile(r"[ \t]*((?:>[ \t]?)+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """Levels of headings, indents of list items, columns of table rows and depths of quotations, each in order."""

    headings: tuple[int, ...]
    items: tuple[int, ...]
    columns: tuple[int, ...]
    quotations: tuple[int, ...]


def shape(text: str) -> Shape:
    """The shape of a text. Words, emphasis and the breaking of paragraphs into lines have no part in it."""
    lines = text.splitlines()
    return Shape(
        headings=tuple(len(found[1]) for line in lines if (found := _HEADING.match(line))),
        items=tuple(_indent(found[1]) for line in lines if (found := _ITEM.match(line))),
        columns=tuple(line.count("|") for line in lines if _ROW.match(line)),
        quotations=_runs(found[1].count(">") for line in lines if (found := _QUOTE.match(line))),
    )


def check_shape(original: str, translated: str) -> None:
    """Raises `StructureLost` where a translation has another shape than its original."""
    wanted, got = shape(original), shape(translated)
    lost = [name for name in Shape.__slots__ if getattr(wanted, name) != getattr(got, name)]
    if lost:
        raise StructureLost(f"A translation changed the Markdown of a text: its {', '.join(lost)}.")


def _indent(blank: str) -> int:
    return len(blank.expandtabs(4)) // 2


def _runs(depths: Iterable[int]) -> tuple[int, ...]:
    """Each depth once in a row: a quotation may be broken into other lines."""
    return tuple(depth for depth, _ in groupby(depths))
