"""A model made up so that what calibration must find is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from routing.calibration.calibration import Calibration, CalibrationSettings, calibrate
from routing.calibration.language_routing import compare_to_english, divergence_of_other_texts
from routing.calibration.sequence_routing import SequenceRouting
from routing.calibration.task_experts import share_difference
from routing.calibration.task_profile import Intervention, task_profile
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin
from routing.steering.touched import touched_experts
from tests.routing.calibration.routings import EXPERTS_PER_TOKEN, routing_of_logits

LAYERS, EXPERTS, TEXTS, TOKENS = 7, 8, 20, 16
FIRST_ROUTED = 1  # as in DeepSeek's models, whose first layers are dense
ROUTED = tuple(range(FIRST_ROUTED, FIRST_ROUTED + LAYERS))
MODEL = RoutedModel(None, None, "c" * 64, FIRST_ROUTED + LAYERS + 1, ROUTED, EXPERTS, EXPERTS_PER_TOKEN)
ORIGIN = Origin(model="maker/moe", config_hash="c" * 64, unit=0.5)
SETTINGS = CalibrationSettings(threshold=0.3, layers=None, seed=0)


def shift(layers: range, expert: int, size: float) -> NDArray[np.float64]:
    added = np.zeros((LAYERS, EXPERTS))
    added[layers.start : layers.stop, expert] = size
    return added


def read(added: NDArray[np.float64], seed: int) -> SequenceRouting:
    """The same texts, a little differently routed each time, with something added everywhere."""
    made_up = np.random.default_rng(0)
    popular = made_up.normal(scale=0.8, size=(LAYERS, EXPERTS))
    subjects = popular + made_up.normal(scale=0.4, size=(TEXTS, 1, LAYERS, EXPERTS))
    noise = np.random.default_rng(seed).normal(size=(TEXTS, TOKENS, LAYERS, EXPERTS))
    return routing_of_logits(list(subjects + noise + added))


# A language's own expert at both ends of the model for sw; all through for bm, in the middle less.
ENDS = shift(range(1), 5, 6) + shift(range(LAYERS - 1, LAYERS), 5, 6)
ENGLISH = read(np.zeros((LAYERS, EXPERTS)), 1)
SWAHILI = read(ENDS, 2)
BAMBARA = read(ENDS * 2 + shift(range(1, LAYERS - 1), 6, 4.0), 3)
TASK = read(shift(range(LAYERS), 2, 3) + shift(range(3, 4), 3, 3) + shift(range(3, 4), 4, 3), 4)


def made(settings: CalibrationSettings = SETTINGS) -> Calibration:
    return calibrate(
        ROUTED,
        [compare_to_english("sw", SWAHILI, ENGLISH), compare_to_english("bm-Latn", BAMBARA, ENGLISH)],
        divergence_of_other_texts(ENGLISH),
        share_difference(TASK, ENGLISH),
        settings,
    )


def test_the_middle_is_found_and_told_by_the_models_numbers() -> None:
    # Places 1 to 5 of the routed layers, the first of which is the model's layer 1.
    assert made().layers == (2, 6)
    assert made(replace(SETTINGS, layers=(3, 4))).layers == (3, 4)


def test_experts_of_the_task_are_chosen_in_the_middle_only() -> None:
    chosen = made().chosen
    assert not chosen[[0, 6]].any()
    assert chosen[1:6, 2].all()
    assert chosen[3, [3, 4]].all()
    # Δ is there at the ends as well.
    assert (made().difference[:, 2] > 0.3).all()


def test_the_language_that_keeps_to_itself_in_the_middle_is_the_candidate() -> None:
    swahili, bambara = made().languages
    assert made().candidates == ("bm-Latn",)
    assert swahili.recommendation is not None
    assert swahili.recommendation.verdict == "aligned"
    assert (swahili.own_experts, bambara.own_experts, bambara.shared_experts) == (0, 5, 0)
    assert swahili.divergence[[0, 6]].min() > 3 * swahili.divergence[1:6].max()
    # Counted choices tell the same languages apart.
    assert (bambara.choice_divergence > swahili.choice_divergence)[1:6].all()
    assert swahili.tokens == TEXTS * TOKENS


def test_an_expert_of_task_and_language_alike_is_counted_as_shared() -> None:
    both = compare_to_english("bm", TASK, ENGLISH)
    found = calibrate(
        ROUTED, [both], divergence_of_other_texts(ENGLISH), both.difference, replace(SETTINGS, layers=(2, 6))
    )
    assert found.languages[0].own_experts == found.languages[0].shared_experts == int(found.chosen.sum()) > 0


def test_without_a_middle_nothing_is_chosen_and_nothing_recommended() -> None:
    flat = [compare_to_english("fr", read(np.zeros((LAYERS, EXPERTS)), 9), ENGLISH)]
    found = calibrate(
        ROUTED, flat, divergence_of_other_texts(ENGLISH), share_difference(TASK, ENGLISH), SETTINGS
    )
    assert found.layers is None
    assert found.candidates == ()
    assert found.languages[0].recommendation is None
    with pytest.raises(ConfigError, match="nothing to steer"):
        task_profile("maths", "soft", found, MODEL, ORIGIN)


def test_a_soft_profile_raises_every_chosen_expert_by_the_unit() -> None:
    profile = task_profile("maths", "soft", made(), MODEL, ORIGIN)
    assert profile.weights.shape == (MODEL.depth, EXPERTS)
    touched = {(one.layer, one.expert): one.weight for one in touched_experts(profile)}
    assert touched == {(layer, 2): 0.5 for layer in range(2, 7)} | {(4, 3): 0.5, (4, 4): 0.5}


def test_a_hard_profile_forces_no_more_than_a_token_has() -> None:
    profile = task_profile("maths", "hard", made(), MODEL, ORIGIN)
    forced = [(one.layer, one.expert) for one in touched_experts(profile)]
    strongest = np.argsort(-made().difference[3])[:EXPERTS_PER_TOKEN]
    assert [expert for layer, expert in forced if layer == 4] == sorted(strongest.tolist())
    assert (profile.weights > 0).sum(axis=1).max() == EXPERTS_PER_TOKEN


def test_a_soft_profile_without_a_unit_is_refused() -> None:
    without = ORIGIN.model_copy(update={"unit": None})
    with pytest.raises(ConfigError, match="λ"):
        task_profile("maths", "soft", made(), MODEL, without)


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_the_same_input_gives_the_same_profile(kind: Intervention) -> None:
    once, again = (task_profile("maths", kind, made(), MODEL, ORIGIN) for _ in range(2))
    assert once.content_hash == again.content_hash


def test_english_beside_itself_does_not_diverge() -> None:
    same = compare_to_english("en", ENGLISH, ENGLISH)
    assert same.by_weight.max() < 1e-9
    assert not same.difference.any()
    # And other texts are other texts: each is compared with one half the set further on.
    assert divergence_of_other_texts(ENGLISH).min() > 0
