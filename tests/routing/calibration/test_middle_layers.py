import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.calibration.middle_layers import middle_layers

CURVES = st.lists(st.integers(0, 1000), min_size=1, max_size=40).map(lambda places: np.array(places) / 1000)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0.8, 0.6, 0.4, 0.2, 0.2, 0.2, 0.4, 0.6, 0.8], (2, 6)),
        ([0.8, 0.2, 0.2, 0.2, 0.8], (1, 3)),
        # The lower end sets the level, here 0.3.
        ([1.0, 0.9, 0.35, 0.2, 0.2, 0.25, 0.4, 0.4], (3, 5)),
        # One odd layer does not end the range, two do.
        ([0.8, 0.2, 0.2, 0.9, 0.2, 0.2, 0.2, 0.8], (1, 6)),
        ([0.8, 0.2, 0.2, 0.9, 0.9, 0.1, 0.1, 0.1, 0.8], (5, 7)),
        # No U: flat, nearly flat, rising, falling, a hill, one layer, two layers, no divergence at all.
        ([0.5] * 6, None),
        ([0.5, 0.45, 0.41, 0.41, 0.45, 0.5], None),
        ([0.1, 0.2, 0.3, 0.4, 0.5], None),
        ([0.5, 0.4, 0.3, 0.2, 0.1], None),
        ([0.1, 0.5, 0.6, 0.5, 0.1], None),
        ([0.5], None),
        ([0.5, 0.1], None),
        ([0.0] * 5, None),
    ],
)
def test_the_middle_is_the_bottom_of_the_u(curve: list[float], expected: tuple[int, int] | None) -> None:
    assert middle_layers(np.array(curve)) == expected


@given(CURVES)
def test_the_ends_are_never_in_the_middle_and_the_bottom_is_in_it_or_beside_it(curve: np.ndarray) -> None:
    found = middle_layers(curve)
    if found is not None:
        first, last = found
        assert 0 < first <= last < len(curve) - 1
        # Beside it, since the median of three may fill a hole of one layer.
        assert curve[first - 1 : last + 2].min() < min(curve[0], curve[-1])


@given(CURVES, st.sampled_from([0.25, 2.0, 8.0]))
def test_scale_does_not_change_the_layers_nor_direction_whether_there_are_any(
    curve: np.ndarray, factor: float
) -> None:
    found = middle_layers(curve)
    assert middle_layers(curve * factor) == found
    # Which of two equal bottoms is taken may change, whether there is one may not.
    assert (middle_layers(curve[::-1]) is None) == (found is None)
