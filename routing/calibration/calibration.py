"""A calibration: what was found out about a model, a task and some languages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.calibration.language_routing import LanguageRouting
from routing.calibration.middle_layers import middle_layers
from routing.calibration.recommendation import Recommendation, recommend
from routing.calibration.task_experts import experts_above


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """threshold: τ. layers: first and last layer to steer, by the model's numbers; None for the rule's choice.

    seed: of the bootstrap.
    """

    threshold: float
    layers: tuple[int, int] | None
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedLanguage:
    """A language in a calibration.

    divergence, choice_divergence: [layers] to English, by weights and by choices.
    own_experts: how many the language has above τ in the steered layers. shared_experts: how many of those are
        the task's as well; the paper found none at its τ, and that steering a language's experts does harm.
    recommendation: None where no layers are to be steered.
    """

    language: str
    tokens: int
    divergence: NDArray[np.float64]
    choice_divergence: NDArray[np.float64]
    own_experts: int
    shared_experts: int
    recommendation: Recommendation | None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """routed_layers: [layers] the model's numbers of the layers with a router, which arrays are about.

    layers: the first and last to steer, by those numbers; None where the curve has no middle.
    other_texts: [layers] divergence of English texts to other English texts.
    difference: [layers, experts] Δ of the task. chosen: where it exceeds τ in a steered layer.
    """

    routed_layers: tuple[int, ...]
    layers: tuple[int, int] | None
    other_texts: NDArray[np.float64]
    languages: tuple[CalibratedLanguage, ...]
    difference: NDArray[np.float64]
    chosen: NDArray[np.bool_]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The languages worth steering, as far as routing can tell."""
        return tuple(
            one.language
            for one in self.languages
            if one.recommendation is not None and one.recommendation.verdict == "candidate"
        )


def calibrate(
    routed_layers: tuple[int, ...],
    languages: Sequence[LanguageRouting],
    other_texts: NDArray[np.float64],
    difference: NDArray[np.float64],
    settings: CalibrationSettings,
) -> Calibration:
    """Puts the parts together. The same for the same arguments.

    languages: at least one, English not among them. other_texts: [sequences, layers],
    `language_routing.divergence_of_other_texts`. difference: `task_experts.share_difference` of the task.
    """
    layers = settings.layers or _found_middle(routed_layers, languages)
    steered = steered_layers(routed_layers, layers)
    chosen = experts_above(difference, settings.threshold) & steered[:, None]
    calibrated = tuple(_language(one, other_texts, steered, chosen, settings) for one in languages)
    return Calibration(routed_layers, layers, other_texts.mean(axis=0), calibrated, difference, chosen)


def _found_middle(
    routed_layers: tuple[int, ...], languages: Sequence[LanguageRouting]
) -> tuple[int, int] | None:
    found = middle_layers(np.mean([one.by_weight.mean(axis=0) for one in languages], axis=0))
    return None if found is None else (routed_layers[found[0]], routed_layers[found[1]])


def steered_layers(routed_layers: tuple[int, ...], layers: tuple[int, int] | None) -> NDArray[np.bool_]:
    """[layers] which of those with a router lie in the range; none where there is none."""
    numbers = np.array(routed_layers)
    if layers is None:
        return np.zeros(len(numbers), np.bool_)
    return np.logical_and(numbers >= layers[0], numbers <= layers[1])


def _language(
    found: LanguageRouting,
    other_texts: NDArray[np.float64],
    steered: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    settings: CalibrationSettings,
) -> CalibratedLanguage:
    own = experts_above(found.difference, settings.threshold) & steered[:, None]
    return CalibratedLanguage(
        found.language,
        found.tokens,
        divergence=found.by_weight.mean(axis=0),
        choice_divergence=found.by_choice.mean(axis=0),
        own_experts=int(own.sum()),
        shared_experts=int((own & chosen).sum()),
        recommendation=_recommendation(found, other_texts, steered, settings.seed),
    )


def _recommendation(
    found: LanguageRouting, other_texts: NDArray[np.float64], steered: NDArray[np.bool_], seed: int
) -> Recommendation | None:
    if not steered.any():
        return None
    middle, baseline = found.by_weight[:, steered].mean(axis=1), other_texts[:, steered].mean(axis=1)
    return recommend(middle, baseline, np.random.default_rng(seed))
