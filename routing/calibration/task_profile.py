"""Profiles that pull a task's experts up, made from a calibration."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.calibration.calibration import Calibration
from routing.calibration.task_experts import strongest_of_layer
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin, Profile, make_profile

Intervention = Literal["soft", "hard"]


def task_profile(
    name: str, intervention: Intervention, calibration: Calibration, model: RoutedModel, origin: Origin
) -> Profile:
    """A profile of the chosen experts: λ, `origin.unit`, for each in a soft one, 1 in a hard one.

    A hard one forces at most as many experts of a layer as a token has, those of largest Δ: with more, the paper
    reports, the model derails. Raises `ConfigError` where nothing was chosen, or λ is missing.
    """
    if not calibration.chosen.any():
        raise ConfigError(
            "no expert's Δ exceeds the threshold in the layers to steer: there is nothing to steer"
        )
    weights = np.zeros((model.depth, model.experts), np.float32)
    weights[list(calibration.routed_layers)] = _weights(intervention, calibration, model, origin)
    return make_profile(name, intervention, weights, origin)


def _weights(
    intervention: Intervention, calibration: Calibration, model: RoutedModel, origin: Origin
) -> NDArray[np.float32]:
    if intervention == "hard":
        forced = strongest_of_layer(calibration.difference, calibration.chosen, model.experts_per_token)
        return forced.astype(np.float32)
    if origin.unit is None:
        raise ConfigError("a soft profile needs a unit, λ")
    return calibration.chosen.astype(np.float32) * np.float32(origin.unit)
