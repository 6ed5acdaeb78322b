"""Goodness of fit, for tests of random draws."""

import numpy as np
import torch
from numpy.typing import NDArray

LEAST_EXPECTED = 5
"""Below so many expected counts the chi-squared distribution is no good approximation: such bins are pooled."""


def p_value(counts: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """How probable a fit as bad as this is, if the counts were drawn with these probabilities (Pearson's test)."""
    expected = probabilities * counts.sum()
    rare = expected < LEAST_EXPECTED
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    if wanted[-1] < LEAST_EXPECTED:
        observed, wanted = _with_last_two_pooled(observed), _with_last_two_pooled(wanted)
    statistic = ((observed - wanted) ** 2 / wanted).sum()
    freedom = torch.tensor((len(wanted) - 1) / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(freedom, torch.tensor(statistic / 2, dtype=torch.float64)))


def _with_last_two_pooled(values: NDArray[np.generic]) -> NDArray[np.float64]:
    pooled: NDArray[np.float64] = np.append(values[:-2], values[-2:].sum()).astype(np.float64)
    return pooled
