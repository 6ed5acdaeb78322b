"""What requests may ask of the temperatures of their answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hedge_request import Hedges, asks_for_hedges, hedge_arguments, wanted_hedges

TEMPERATURES = st.just(0.0) | st.floats(0.01, 2)


@given(st.lists(TEMPERATURES, min_size=2, max_size=16))
def test_what_is_asked_for_is_what_is_understood(temperatures: list[float]) -> None:
    wanted = wanted_hedges({"other": 1, **hedge_arguments(temperatures)}, len(temperatures))
    assert wanted == Hedges(tuple(temperatures))


@pytest.mark.parametrize("arguments", [None, {}, {"other": [0, 1]}])
def test_a_request_that_asks_for_nothing_gets_nothing(arguments: Any) -> None:
    assert wanted_hedges(arguments, 3) is None
    assert not asks_for_hedges(arguments)


def test_min_p_can_differ_with_and_without_temperatures() -> None:
    both = {"dragoman_temperatures": [0, 1], "dragoman_min_p": [0, 0.2]}
    assert wanted_hedges(both, 2) == Hedges((0.0, 1.0), (0.0, 0.2))
    assert wanted_hedges({"dragoman_min_p": [0, 1]}, 2) == Hedges((), (0.0, 1.0))


@pytest.mark.parametrize(
    ("arguments", "n", "told"),
    [
        ({"dragoman_temperatures": [0, 1, 1]}, 2, "list of n numbers"),
        ({"dragoman_temperatures": [0.7]}, 1, "n at least 2"),  # vLLM makes no children of it
        ({"dragoman_temperatures": []}, 2, "list of n numbers"),
        ({"dragoman_temperatures": 0.7}, 2, "list of n numbers"),
        ({"dragoman_temperatures": "0, 0.7"}, 2, "list of n numbers"),
        ({"dragoman_temperatures": ["0", "0.7"]}, 2, "list of numbers"),
        ({"dragoman_temperatures": [0, True]}, 2, "list of numbers"),
        ({"dragoman_temperatures": [0, 2.01]}, 2, "0, or between 0.01 and 2"),
        ({"dragoman_temperatures": [0, -1]}, 2, "0, or between 0.01 and 2"),
        ({"dragoman_temperatures": [0, 1e-6]}, 2, "0, or between 0.01 and 2"),
        ({"dragoman_temperatures": [0, float("nan")]}, 2, "0, or between 0.01 and 2"),
        ({"dragoman_min_p": [0, 1.1]}, 2, "between 0 and 1"),
        ({"dragoman_min_p": [0, float("nan")]}, 2, "between 0 and 1"),
        ({"dragoman_temperatures": [0, 1], "dragoman_min_p": [0.1]}, 2, "dragoman_min_p must be a list of n"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(arguments: Any, n: int, told: str) -> None:
    assert asks_for_hedges(arguments)
    with pytest.raises(ValueError, match=told):
        wanted_hedges(arguments, n)
