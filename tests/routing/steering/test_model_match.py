from dataclasses import replace

import numpy as np
import pytest

from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel, check_match, config_hash
from routing.steering.profile import make_profile
from tests.routing.steering.profiles import CONFIG_HASH, origin, profile, with_config_hash

MODEL = RoutedModel(
    model="maker/model-moe",
    revision="abc123",
    config_hash=CONFIG_HASH,
    depth=4,
    routed_layers=(1, 2, 3),
    experts=8,
    experts_per_token=2,
)


def test_a_profile_fits_the_model_that_it_was_made_for() -> None:
    check_match(profile(), MODEL)


def test_where_the_engine_does_not_know_its_models_name_or_revision_the_shape_decides() -> None:
    check_match(profile(), replace(MODEL, model=None, revision=None))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (replace(MODEL, depth=5), "4 layers of 8 experts"),
        (replace(MODEL, experts=16), "4 layers of 8 experts"),
        (replace(MODEL, config_hash="d" * 64), "another configuration"),
        (replace(MODEL, model="maker/model-moe-chat"), "serves maker/model-moe-chat"),
        (replace(MODEL, revision="def456"), "revision abc123"),
        (replace(MODEL, routed_layers=(2, 3)), r"layers \[1\]"),
    ],
)
def test_a_profile_is_refused_where_the_model_differs(model: RoutedModel, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_match(profile(), model)


def test_layers_without_a_router_may_be_rows_of_zeros() -> None:
    zeros = make_profile("nothing", "soft", np.zeros((4, 8), np.float32), origin())
    check_match(zeros, replace(MODEL, routed_layers=()))


def test_the_config_hash_is_of_the_shape_and_not_of_defaults_and_notes() -> None:
    shape = {"model_type": "qwen3_moe", "num_hidden_layers": 48, "num_experts": 128, "hidden_size": 2048}
    noted = {**shape, "transformers_version": "5.19", "_name_or_path": "x", "num_local_experts": None}
    assert config_hash(noted) == config_hash(dict(reversed(shape.items())))
    assert config_hash({**shape, "num_experts": 64}) != config_hash(shape)
    with pytest.raises(ConfigError):
        check_match(with_config_hash(profile(), config_hash(shape)), MODEL)
