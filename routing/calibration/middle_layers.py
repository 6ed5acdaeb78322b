"""Which layers are the middle ones: those where languages meet."""

import numpy as np
from numpy.typing import NDArray

_SHALLOWEST = 0.8


def middle_layers(curve: NDArray[np.float64]) -> tuple[int, int] | None:
    """First and last layer, inclusive, of the bottom of the curve's U; None where it has none.

    The paper finds that early and late layers are specific to a language and middle ones are shared, steers the
    middle only, and chooses its ends by eye. Our rule: smooth the curve by the median of three, so that one odd
    layer does not end the range; the level is half way between the lowest point and the lower of the two ends; the
    middle is the unbroken run about the lowest point that lies below it. A bottom above 0.8 of the lower end is no
    U, and neither is one at an end.

    curve: [layers] divergence to English, averaged over languages; the numbers are places in it.
    """
    smooth = _median_of_three(curve)
    lowest = int(smooth.argmin())
    end = min(smooth[0], smooth[-1])
    if smooth[lowest] >= _SHALLOWEST * end:
        return None
    above = np.flatnonzero(smooth >= (smooth[lowest] + end) / 2)
    first = int(above[above < lowest].max()) + 1
    last = int(above[above > lowest].min()) - 1
    return first, last


def _median_of_three(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    # The ends stay as they are.
    padded = np.pad(curve, 1, mode="edge")
    median: NDArray[np.float64] = np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0)
    return median
