import numpy as np
import pytest

from routing.errors import ConfigError
from routing.steering.profile import make_profile
from tests.routing.steering.profiles import origin, profile, weights


def test_the_reference_is_the_name_and_the_start_of_the_hash() -> None:
    made = profile()
    assert made.reference == f"maths-sw@{made.content_hash[:16]}"
    assert len(made.content_hash) == 64


def test_kind_and_each_weight_change_the_hash_and_name_and_origin_do_not() -> None:
    made = profile()
    assert profile(kind="hard").content_hash != made.content_hash
    for layer, expert in np.ndindex(made.weights.shape):
        other = made.weights.copy()
        other[layer, expert] = np.nextafter(other[layer, expert], np.float32(9))
        assert make_profile("maths-sw", "soft", other, origin()).content_hash != made.content_hash
    renamed = make_profile("anderer", "soft", made.weights, origin("d" * 64))
    assert renamed.content_hash == made.content_hash


def test_the_same_numbers_in_another_shape_are_another_profile() -> None:
    flat = make_profile("p", "soft", weights(4, 8).reshape(8, 4), origin())
    assert flat.content_hash != make_profile("p", "soft", weights(4, 8), origin()).content_hash


def test_a_negative_zero_steers_as_zero_does_and_hashes_alike() -> None:
    signed = weights()
    signed[0] = -0.0
    assert make_profile("p", "soft", signed, origin()).content_hash == profile().content_hash


def test_weights_are_copied_and_cannot_be_changed() -> None:
    given = weights()
    made = make_profile("p", "soft", given, origin())
    given[1, 1] = 7
    assert made.weights[1, 1] != 7
    with pytest.raises(ValueError, match="read-only"):
        made.weights[1, 1] = 7


@pytest.mark.parametrize("name", ["", "a b", "a@b", "數學", "a\n", "-a", "a" * 64, "../a"])
def test_a_name_that_could_be_misread_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="name"):
        make_profile(name, "soft", weights(), origin())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="kind"):
        make_profile("p", "softer", weights(), origin())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    wrong = weights()
    wrong[2, 3] = value
    with pytest.raises(ConfigError, match="finite"):
        make_profile("p", "soft", wrong, origin())


@pytest.mark.parametrize("shape", [(8,), (0, 8), (4, 0), (1, 4, 8)])
def test_weights_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match=r"\[layers, experts\]"):
        make_profile("p", "soft", np.zeros(shape, np.float32), origin())
