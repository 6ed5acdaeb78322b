"""The experts that a task has and general text has not."""

import numpy as np
from numpy.typing import NDArray

from routing.calibration.sequence_routing import SequenceRouting, mean_shares


def share_difference(task: SequenceRouting, general: SequenceRouting) -> NDArray[np.float64]:
    """Δ of arXiv 2510.04694, equation 3: [layers, experts] in [-1, 1].

    How much more often an expert is chosen in the task's sequences than in general ones; both in one language, or
    what is found is the language's.
    """
    return mean_shares(task) - mean_shares(general)


def experts_above(difference: NDArray[np.float64], threshold: float) -> NDArray[np.bool_]:
    """[layers, experts]: Δ > τ. The paper's τ lie between 0.25 and 0.5."""
    return difference > threshold


def strongest_of_layer(
    difference: NDArray[np.float64], chosen: NDArray[np.bool_], most: int
) -> NDArray[np.bool_]:
    """The chosen experts, at most `most` of each layer: those of largest Δ, among equals the first."""
    ranked = np.argsort(np.where(chosen, -difference, np.inf), axis=1, kind="stable")[:, :most]
    strongest = np.zeros_like(chosen)
    np.put_along_axis(strongest, ranked, values=True, axis=1)
    return strongest & chosen
