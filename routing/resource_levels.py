"""How much data language technology has for a language: the table in resource_levels.tsv, with its source."""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from routing.language import UNDETERMINED
from routing.language_ranges import ranges_of

ResourceLevel = Literal["low", "mid", "high"]

_LEVELS: tuple[ResourceLevel, ...] = ("low", "low", "low", "mid", "high", "high")
# Classes 0 to 5 in three levels, drawn where the Aya papers draw them.


@cache
def resource_classes() -> Mapping[str, int]:
    """Class 1 to 5 by BCP-47 tag; the classes are those of Joshi et al. 2020. Read once."""
    table = resources.files("routing").joinpath("resource_levels.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return MappingProxyType({tag: int(number) for tag, number, _name in rows})


@lru_cache(maxsize=4096)
def resource_level(tag: str) -> ResourceLevel | None:
    """The resource level of a language; None where it is undetermined.

    A language outside the table is of class 0, hence low: the source puts every language with next to no
    data there, and the table leaves those out.
    """
    ranges = ranges_of(tag)
    if ranges[-1] in {UNDETERMINED, "mul", "zxx"}:
        return None
    classes = resource_classes()
    return _LEVELS[next((classes[known] for known in ranges if known in classes), 0)]
