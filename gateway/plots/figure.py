"""The one place where matplotlib is met."""

from pathlib import Path
from typing import TYPE_CHECKING

from routing.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 120
_INCHES_A_CELL = 0.14
_SMALLEST_MAP_INCHES, _LARGEST_MAP_INCHES = 3.0, 24.0


def new_figure(width_inches: float, height_inches: float) -> "Figure":
    """An empty figure. Raises `ConfigError` where matplotlib is not installed."""
    try:
        # Not pyplot, which keeps every figure that was ever made.
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError(
            "plots need matplotlib, which is not installed; install the extra: pip install 'dragoman[calibrate]'"
        ) from None
    return Figure(figsize=(width_inches, height_inches), dpi=_DOTS_PER_INCH, layout="constrained")


def map_inches(cells: int) -> float:
    """The length of so many cells of a heat map."""
    return min(max(cells * _INCHES_A_CELL, _SMALLEST_MAP_INCHES), _LARGEST_MAP_INCHES)


def write_png(figure: "Figure", path: Path) -> None:
    """Writes the file whole or not at all: the same bytes for the same figure. Raises `ConfigError`."""
    unfinished = path.with_name(path.name + ".tmp")
    try:
        # Without matplotlib's version, which it would write into the file.
        figure.savefig(unfinished, format="png", metadata={"Software": None})
        unfinished.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
