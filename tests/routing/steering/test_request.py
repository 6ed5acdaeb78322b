import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import InvalidRequest
from routing.steering.request import MAX_STRENGTH, Steering, parse_steering
from tests.routing.steering.profiles import profile

REFERENCE = "maths-sw@0123456789abcdef"


@given(st.floats(0, MAX_STRENGTH))
def test_what_is_asked_for_is_what_is_understood(strength: float) -> None:
    steering = Steering(profile().reference, strength)
    assert parse_steering({"other": 1, **steering.arguments}) == steering


def test_the_strength_is_one_where_none_is_given_and_may_be_a_whole_number() -> None:
    assert parse_steering({"dragoman_profile": REFERENCE}) == Steering(REFERENCE, 1.0)
    assert parse_steering({"dragoman_profile": REFERENCE, "dragoman_strength": 2}) == Steering(REFERENCE, 2.0)


@pytest.mark.parametrize("arguments", [None, {}, {"dragoman_mask": "ar"}])
def test_a_request_that_asks_for_none_has_none(arguments: dict[str, Any] | None) -> None:
    assert parse_steering(arguments) is None


@pytest.mark.parametrize(
    "reference",
    [
        "maths-sw",
        "@0123456789abcdef",
        f"{REFERENCE}0",
        f"{REFERENCE}\n",
        "数学@0123456789abcdef",
        3,
        None,
        [REFERENCE],
    ],
)
def test_a_profile_without_its_hash_or_malformed_is_refused(reference: object) -> None:
    with pytest.raises(InvalidRequest, match="hash"):
        parse_steering({"dragoman_profile": reference})


@pytest.mark.parametrize("strength", [-0.1, 10.1, math.nan, math.inf, "1", True, None, [1.0]])
def test_a_strength_out_of_bounds_or_no_number_is_refused(strength: object) -> None:
    with pytest.raises(InvalidRequest, match="dragoman_strength"):
        parse_steering({"dragoman_profile": REFERENCE, "dragoman_strength": strength})


def test_a_strength_without_a_profile_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="needs dragoman_profile"):
        parse_steering({"dragoman_strength": 1.0})
