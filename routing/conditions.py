"""What a rule can look at in a request, and the three ways of looking at it."""

from dataclasses import dataclass
from typing import Any

from routing.generation import Endpoint
from routing.language import UNDETERMINED
from routing.language_ranges import ranges_of
from routing.resource_levels import ResourceLevel, resource_level


@dataclass(frozen=True, slots=True)
class Features:
    """Everything about a request that decides its strategy.

    model: the model asked for.
    language, confidence, mixed, romanised: as in `Detection`.
    task: the client's word for what it is doing; None where it gave none.
    tools, response_format: whether the request has them.
    prompt_chars: characters of text in the request.
    priority: as in vLLM, lower is served earlier.
    key: the name of the key that the request came with.
    """

    model: str
    endpoint: Endpoint = "chat/completions"
    language: str = UNDETERMINED
    confidence: float = 0.0
    mixed: bool = False
    romanised: bool = False
    task: str | None = None
    tools: bool = False
    response_format: bool = False
    prompt_chars: int = 0
    priority: int = 0
    key: str | None = None

    @property
    def resource(self) -> ResourceLevel | None:
        """The resource level of the language; None where it is undetermined."""
        return resource_level(self.language)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The feature is one of these values."""

    feature: str
    values: frozenset[Any]

    def holds(self, features: Features) -> bool:
        """Whether a request with these features meets the condition."""
        return getattr(features, self.feature) in self.values

    def covers(self, other: "Condition") -> bool:
        """Whether whatever meets the other condition meets this one."""
        return isinstance(other, OneOf) and other.feature == self.feature and other.values <= self.values


@dataclass(frozen=True, slots=True)
class Between:
    """The feature is a number within these bounds, both included."""

    feature: str
    minimum: float
    maximum: float

    def holds(self, features: Features) -> bool:
        """Whether a request with these features meets the condition."""
        return bool(self.minimum <= getattr(features, self.feature) <= self.maximum)

    def covers(self, other: "Condition") -> bool:
        """Whether whatever meets the other condition meets this one."""
        if not isinstance(other, Between) or other.feature != self.feature:
            return False
        return self.minimum <= other.minimum and other.maximum <= self.maximum


@dataclass(frozen=True, slots=True)
class InLanguages:
    """The language is one of these, or a kind of one of these: ``zh`` holds for ``zh-Hant`` too.

    ranges: BCP-47 tags in the form of `policy_tag`.
    """

    ranges: frozenset[str]

    def holds(self, features: Features) -> bool:
        """Whether a request with these features meets the condition."""
        return not self.ranges.isdisjoint(ranges_of(features.language))

    def covers(self, other: "Condition") -> bool:
        """Whether whatever meets the other condition meets this one."""
        if not isinstance(other, InLanguages):
            return False
        return all(not self.ranges.isdisjoint(ranges_of(tag)) for tag in other.ranges)


Condition = OneOf | Between | InLanguages
"""Something that a rule asks of a request."""
