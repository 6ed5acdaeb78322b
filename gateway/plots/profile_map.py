"""A steering profile as a heat map: layers down, experts across."""

from typing import TYPE_CHECKING

import numpy as np

from gateway.plots.figure import map_inches, new_figure
from routing.steering.profile import Profile

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def profile_figure(profile: Profile) -> "Figure":
    """Red cells are raised, blue ones lowered, white ones left alone. Raises `ConfigError` without matplotlib."""
    layers, experts = profile.weights.shape
    figure = new_figure(map_inches(experts) + 1.5, map_inches(layers) + 1.0)
    axes = figure.add_subplot()
    limit = float(np.abs(profile.weights).max()) or 1.0
    image = axes.imshow(
        profile.weights, cmap="bwr", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    axes.locator_params(integer=True)
    axes.set_xlabel("expert")
    axes.set_ylabel("layer")
    axes.set_title(f"{profile.reference} ({profile.kind})", fontsize=9)
    figure.colorbar(image, label="weight")
    return figure
