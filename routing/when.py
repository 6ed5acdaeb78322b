"""The conditions of a rule as a policy file writes them, and as they are checked."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from routing.conditions import Between, Condition, InLanguages, OneOf
from routing.generation import ClientEndpoint
from routing.labels import Label, Line
from routing.language_ranges import policy_tag
from routing.resource_levels import ResourceLevel

Groups = Mapping[str, tuple[str, ...]]
"""Languages by the name of their group."""


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


_Several = (BeforeValidator(_listed), Field(min_length=1))
Labels = Annotated[tuple[Label, ...], *_Several]
Lines = Annotated[tuple[Line, ...], *_Several]
Endpoints = Annotated[tuple[ClientEndpoint, ...], *_Several]
ResourceLevels = Annotated[tuple[ResourceLevel, ...], *_Several]
Bound = Annotated[float, Field(allow_inf_nan=False)]


class _Conditions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _nothing_empty(cls, data: Any) -> Any:
        # A condition with its value forgotten would match everything.
        for name, value in data.items() if isinstance(data, dict) else ():
            if value is None:
                raise ValueError(f"`{name}` has no value: give it one, or leave it out")
        return data


class Range(_Conditions):
    """Bounds of a number, both included; one of them may be left out."""

    min: Bound = -math.inf
    max: Bound = math.inf

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must have `min`, `max` or both")
        if self.min > self.max:
            raise ValueError(f"min ({self.min:g}) is more than max ({self.max:g})")
        return self


class When(_Conditions):
    """What a rule asks of a request: everything that is given must hold. Nothing given matches every request.

    language: BCP-47 tags and names of groups; a tag stands for all that it begins.
    The rest is named as in `Features`.
    """

    model: Lines = ()
    language: Labels = ()
    resource: ResourceLevels = ()
    confidence: Range | None = None
    mixed: bool | None = None
    romanised: bool | None = None
    task: Labels = ()
    endpoint: Endpoints = ()
    tools: bool | None = None
    response_format: bool | None = None
    prompt_chars: Range | None = None
    priority: Range | None = None
    key: Labels = ()


def conditions_of(when: When, groups: Groups) -> tuple[Condition, ...]:
    """The conditions to check, with groups spelled out. Raises `ValueError` for an unknown language."""
    return tuple(_condition(name, getattr(when, name), groups) for name in _given(when))


def _given(when: When) -> Iterator[str]:
    return (name for name in When.model_fields if name in when.model_fields_set)


def _condition(name: str, value: Any, groups: Groups) -> Condition:
    if name == "language":
        return InLanguages(languages_named(value, groups))
    if isinstance(value, Range):
        return Between(name, value.min, value.max)
    return OneOf(name, frozenset(value if isinstance(value, tuple) else (value,)))


def languages_named(names: tuple[str, ...], groups: Groups) -> frozenset[str]:
    """The tags, in the form of `policy_tag`, that these tags and groups stand for.

    Raises `ValueError` for a name that is neither.
    """
    tags = (tag for name in names for tag in groups.get(name, (name,)))
    return frozenset(policy_tag(tag) for tag in tags)
