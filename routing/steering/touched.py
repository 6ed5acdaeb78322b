"""Which experts a profile touches, and what tells two profiles apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.steering.profile import Profile


@dataclass(frozen=True, slots=True)
class TouchedExpert:
    """An expert that a profile does not leave alone: above 0 it is raised, below 0 lowered."""

    layer: int
    expert: int
    weight: float


@dataclass(frozen=True, slots=True)
class ChangedField:
    """Something that two profiles say differently of themselves, as JSON would have it."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ChangedExpert:
    """An expert that two profiles weigh differently."""

    layer: int
    expert: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class ProfileDifference:
    """What changes from one profile to another. experts: None where the profiles are for models of another shape."""

    fields: tuple[ChangedField, ...]
    experts: tuple[ChangedExpert, ...] | None

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same in every respect."""
        return not self.fields and self.experts == ()


def touched_experts(profile: Profile) -> tuple[TouchedExpert, ...]:
    """The experts with a weight other than 0, by layer and number."""
    return tuple(
        TouchedExpert(layer, expert, float(profile.weights[layer, expert]))
        for layer, expert in np.argwhere(profile.weights != 0).tolist()
    )


def difference(before: Profile, after: Profile) -> ProfileDifference:
    """What changes from `before` to `after`: name, kind, shape, each field of the origin, and each weight."""
    return ProfileDifference(_changed_fields(before, after), _changed_experts(before, after))


def _changed_fields(before: Profile, after: Profile) -> tuple[ChangedField, ...]:
    old, new = _fields(before), _fields(after)
    return tuple(ChangedField(name, old[name], new[name]) for name in old if old[name] != new[name])


def _fields(profile: Profile) -> dict[str, Any]:
    own = {"name": profile.name, "kind": profile.kind, "shape": list(profile.weights.shape)}
    return own | profile.origin.model_dump(mode="json")


def _changed_experts(before: Profile, after: Profile) -> tuple[ChangedExpert, ...] | None:
    if before.weights.shape != after.weights.shape:
        return None
    return tuple(
        ChangedExpert(
            layer, expert, float(before.weights[layer, expert]), float(after.weights[layer, expert])
        )
        for layer, expert in np.argwhere(before.weights != after.weights).tolist()
    )
