"""How much more a task uses each expert, and which were chosen."""

from typing import TYPE_CHECKING

import numpy as np

from gateway.plots.figure import map_inches, new_figure
from routing.calibration.calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_TICKS = 12


def task_experts_figure(calibration: Calibration) -> "Figure":
    """A heat map of Δ; chosen experts are ringed, and the layers to steer lie between the lines.

    Raises `ConfigError` without matplotlib.
    """
    difference = calibration.difference
    layers, experts = difference.shape
    figure = new_figure(map_inches(experts) + 1.5, map_inches(layers) + 1.0)
    axes = figure.add_subplot()
    limit = float(np.abs(difference).max()) or 1.0
    image = axes.imshow(
        difference, cmap="bwr", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    rows, columns = np.nonzero(calibration.chosen)
    axes.scatter(columns, rows, s=40, facecolors="none", edgecolors="black")
    _draw_range(axes, calibration)
    axes.set_yticks(*_layer_ticks(calibration.routed_layers))
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("expert")
    axes.set_ylabel("layer")
    figure.colorbar(image, label="Δ, task less general text")
    return figure


def _draw_range(axes: "Axes", calibration: Calibration) -> None:
    if calibration.layers is not None:
        first, last = calibration.layers
        rows = [row for row, layer in enumerate(calibration.routed_layers) if first <= layer <= last]
        axes.axhline(rows[0] - 0.5, color="black", linewidth=0.8)
        axes.axhline(rows[-1] + 0.5, color="black", linewidth=0.8)


def _layer_ticks(routed_layers: tuple[int, ...]) -> tuple[list[int], list[str]]:
    """Rows that are labelled, a dozen at most, by the model's numbers."""
    rows = list(range(0, len(routed_layers), -(-len(routed_layers) // _MOST_TICKS)))
    return rows, [str(routed_layers[row]) for row in rows]
