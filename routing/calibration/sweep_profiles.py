"""The profiles that a sweep tries, and the placebos beside them."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from routing.calibration.calibration import Calibration, steered_layers
from routing.calibration.starting_points import starting_points_of
from routing.calibration.task_experts import experts_above
from routing.calibration.task_profile import Intervention, task_profile
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin, Profile, make_profile

_THRESHOLDS = (0.2, 0.3, 0.4, 0.5)
_WAYS: tuple[tuple[Intervention, float | None], ...] = (
    ("soft", 0.25),
    ("soft", 0.5),
    ("soft", 1.0),
    ("hard", None),
)


@dataclass(frozen=True, slots=True)
class SweepSetting:
    """One point of the grid. unit: λ; None for the hard intervention. layers: first and last to steer."""

    threshold: float
    kind: Intervention
    unit: float | None
    layers: tuple[int, int]

    @property
    def label(self) -> str:
        """Fit for a profile's name: ``t0.3-soft0.5-l8-35``."""
        strength = "" if self.unit is None else f"{self.unit:g}"
        return f"t{self.threshold:g}-{self.kind}{strength}-l{self.layers[0]}-{self.layers[1]}"


def sweep_settings(calibration: Calibration, model: RoutedModel) -> tuple[SweepSetting, ...]:
    """τ × λ and kind × layers: the middle, where there is one, and all layers with a router.

    First the settings that were reported for a model of this shape, where any were.
    """
    reported = [
        SweepSetting(point.threshold, point.kind, point.unit, point.layers)
        for point in starting_points_of(model)
    ]
    everywhere = (calibration.routed_layers[0], calibration.routed_layers[-1])
    ranges = dict.fromkeys([calibration.layers or everywhere, everywhere])
    grid = [
        SweepSetting(threshold, kind, unit, layers)
        for layers, threshold, (kind, unit) in product(ranges, _THRESHOLDS, _WAYS)
    ]
    return tuple(dict.fromkeys([*reported, *grid]))


def sweep_profiles(
    name: str, calibration: Calibration, model: RoutedModel, origin: Origin
) -> tuple[Profile, ...]:
    """A profile for each setting that chooses any expert; of settings that come to the same, the first.

    name: at most 32 characters.
    """
    found: dict[str, Profile] = {}
    for setting in sweep_settings(calibration, model):
        at_setting = _chosen_at(calibration, setting)
        if at_setting.chosen.any():
            told = {"threshold": setting.threshold, "unit": setting.unit, "layers": setting.layers}
            profile = task_profile(
                f"{name}-{setting.label}", setting.kind, at_setting, model, origin.model_copy(update=told)
            )
            found.setdefault(profile.content_hash, profile)
    return tuple(found.values())


def placebos(profiles: tuple[Profile, ...], seed: int) -> tuple[Profile, ...]:
    """For each profile one that does the same to as many other experts of the same layers, drawn by the seed.

    What is gained by choosing the best of many profiles is gained by choosing among these as well.
    """
    noise = np.random.default_rng(seed)
    return tuple(_placebo(number, profile, noise) for number, profile in enumerate(profiles))


def _chosen_at(calibration: Calibration, setting: SweepSetting) -> Calibration:
    steered = steered_layers(calibration.routed_layers, setting.layers)
    chosen = experts_above(calibration.difference, setting.threshold) & steered[:, None]
    return replace(calibration, layers=setting.layers, chosen=chosen)


def _placebo(number: int, profile: Profile, noise: np.random.Generator) -> Profile:
    weights = np.stack([_elsewhere(row, noise) for row in profile.weights])
    return make_profile(f"placebo-{number}", profile.kind, weights, profile.origin)


def _elsewhere(row: NDArray[np.float32], noise: np.random.Generator) -> NDArray[np.float32]:
    """The weights of a layer on experts that had none; on any where too few have none."""
    raised = row[row != 0]
    free = np.flatnonzero(row == 0)
    places = noise.choice(free if len(free) >= len(raised) else len(row), len(raised), replace=False)
    moved = np.zeros_like(row)
    moved[places] = raised
    return moved
