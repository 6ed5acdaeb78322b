"""Divergence to English, layer by layer: one line a language."""

from typing import TYPE_CHECKING

from gateway.plots.figure import new_figure
from routing.calibration.calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHAPES = ("-", "--", "-.", ":")
_COLOURS = 10


def divergence_figure(calibration: Calibration) -> "Figure":
    """By the router's weights above, by chosen experts below; the layers to steer are shaded.

    Raises `ConfigError` without matplotlib.
    """
    figure = new_figure(9.0, 8.0)
    by_weight, by_choice = figure.subplots(2, 1, sharex=True)
    for number, one in enumerate(calibration.languages):
        style = {"color": f"C{number % _COLOURS}", "linestyle": _SHAPES[number // _COLOURS % len(_SHAPES)]}
        by_weight.plot(calibration.routed_layers, one.divergence, label=one.language, **style)
        by_choice.plot(calibration.routed_layers, one.choice_divergence, **style)
    by_weight.plot(
        calibration.routed_layers, calibration.other_texts, "k:", linewidth=2, label="en, other texts"
    )
    for axes, what in ((by_weight, "router weights"), (by_choice, "chosen experts")):
        axes.set_ylabel(f"divergence to English ({what})")
        axes.set_ylim(bottom=0)
        axes.locator_params(axis="x", integer=True)
        if calibration.layers is not None:
            first, last = calibration.layers
            axes.axvspan(first - 0.5, last + 0.5, color="0.9", zorder=0)
    by_choice.set_xlabel("layer")
    figure.legend(loc="outside right upper", fontsize=8)
    return figure
