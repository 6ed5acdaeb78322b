"""What a language changes in how texts are routed, against the same texts in English."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.calibration.divergence import routing_divergence
from routing.calibration.sequence_routing import SequenceRouting
from routing.calibration.task_experts import share_difference


@dataclass(frozen=True, slots=True, eq=False)
class LanguageRouting:
    """A language beside English.

    by_weight: [sequences, layers] divergence of each text to its translation, by the router's weights (the paper's).
    by_choice: the same by how often experts are chosen, which an engine can tell without its weights.
    difference: [layers, experts] how much more often an expert is chosen in this language; above τ, it is one of
        the language's own.
    tokens: how many were read in it.
    """

    language: str
    by_weight: NDArray[np.float64]
    by_choice: NDArray[np.float64]
    difference: NDArray[np.float64]
    tokens: int


def compare_to_english(language: str, routing: SequenceRouting, english: SequenceRouting) -> LanguageRouting:
    """routing, english: of the same texts in the same order."""
    return LanguageRouting(
        language,
        by_weight=routing_divergence(english.weights, routing.weights),
        by_choice=routing_divergence(english.shares, routing.shares),
        difference=share_difference(routing, english),
        tokens=int(routing.tokens.sum()),
    )


def divergence_of_other_texts(english: SequenceRouting) -> NDArray[np.float64]:
    """[sequences, layers]: of each English text to another one, half of them further on.

    Half, since neighbours are often sentences of one article. Needs two texts.
    """
    return routing_divergence(english.weights, np.roll(english.weights, len(english) // 2, axis=0))
