from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from kernels.sample._numba_bits import F32, exp_of_negative, exp_over_power


@njit  # type: ignore[untyped-decorator]
def _all_over_power(values: Any, power: Any) -> Any:
    return np.array([exp_over_power(value, power) for value in values])


@njit  # type: ignore[untyped-decorator]
def _all_of_negative(values: Any) -> Any:
    return np.array([exp_of_negative(value) for value in values])


def _down_from(highest: float) -> NDArray[np.float32]:
    return np.linspace(highest, highest - 87, 100_000).astype(np.float32)


@pytest.mark.parametrize("power", [0, 27, -27, 1_000, 11_818, -11_818])
def test_an_exponential_over_a_power_of_two_is_as_near_as_promised(power: int) -> None:
    x = _down_from(power * np.log(2))
    wanted = np.exp(x.astype(np.float64) - power * np.log(2))
    powers_from_1 = np.abs(x) / np.log(2) + 1
    assert (np.abs(_all_over_power(x, F32(power)) / wanted - 1) <= 2e-7 + 2e-9 * powers_from_1).all()


def test_an_exponential_of_a_negative_number_is_as_near_as_promised() -> None:
    x = _down_from(0.0)
    assert (np.abs(_all_of_negative(x) / np.exp(x.astype(np.float64)) - 1) <= 4e-7).all()
    assert _all_of_negative(np.zeros(1, np.float32))[0] == 1


def test_what_is_no_number_or_far_below_weighs_next_to_nothing() -> None:
    far = np.array([-88, -1e30, -np.inf, np.nan], np.float32)
    assert (_all_of_negative(far) <= 2e-38).all()
    assert (_all_over_power(far, F32(27)) <= 2e-38).all()
