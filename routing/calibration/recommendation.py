"""Which languages are worth steering, as far as routing alone can tell."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["candidate", "aligned", "undecided"]
"""candidate: steering has something to mend, and may help. aligned: it has not. undecided: too few sequences."""

_RESAMPLES = 2000
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What routing says of a language.

    divergence: to English in the middle layers, of a text to its translation.
    excess: that, less the divergence of the same English text to another English one; low and high are the ends
        of its 95% interval.
    """

    verdict: Verdict
    divergence: float
    excess: float
    low: float
    high: float


def recommend(
    translations: NDArray[np.float64], other_texts: NDArray[np.float64], noise: np.random.Generator
) -> Recommendation:
    """Compares what the language changes with what the subject changes.

    A language whose translations are routed less like their originals than other English texts are is routed by
    language more than by content: a candidate. The paper has no such rule (it steers every language but English, and
    finds that divergence goes with poor accuracy); ours says where to look, and accuracy has the last word.

    translations: [sequences] divergence of English to this language, averaged over the middle layers.
    other_texts: [sequences] of the same English sequences to other English ones.
    noise: draws the resamples of the bootstrap over sequences.
    """
    excess = translations - other_texts
    drawn = noise.integers(0, len(excess), (_RESAMPLES, len(excess)))
    low, high = np.percentile(excess[drawn].mean(axis=1), _TAILS)
    return Recommendation(
        _verdict(low, high), float(translations.mean()), float(excess.mean()), float(low), float(high)
    )


def _verdict(low: float, high: float) -> Verdict:
    if low > 0:
        return "candidate"
    return "aligned" if high < 0 else "undecided"
