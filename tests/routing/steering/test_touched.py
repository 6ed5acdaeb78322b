from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from routing.steering.profile import make_profile
from routing.steering.touched import ChangedExpert, TouchedExpert, difference, touched_experts
from tests.routing.steering.profiles import origin, profile, weights

SPARSE = arrays(np.float32, (3, 4), elements=st.sampled_from([0.0, -0.0, 0.5, -1.0]))


def test_touched_experts_are_in_order_and_a_negative_zero_is_none() -> None:
    made = np.zeros((3, 4), np.float32)
    made[2, 0], made[1, 3], made[1, 1], made[0, 0] = 1.5, -0.5, 0.25, -0.0
    assert touched_experts(make_profile("p", "soft", made, origin())) == (
        TouchedExpert(1, 1, 0.25),
        TouchedExpert(1, 3, -0.5),
        TouchedExpert(2, 0, 1.5),
    )


@given(SPARSE)
def test_the_weights_can_be_made_again_from_what_is_touched(given_weights: np.ndarray) -> None:
    again = np.zeros_like(given_weights)
    for expert in touched_experts(make_profile("p", "soft", given_weights, origin())):
        again[expert.layer, expert.expert] = expert.weight
    assert np.array_equal(again, given_weights)


def test_a_profile_does_not_differ_from_itself() -> None:
    assert difference(profile(), profile()).is_empty


@given(SPARSE, SPARSE)
def test_every_changed_weight_is_told_both_ways(one: np.ndarray, other: np.ndarray) -> None:
    before, after = make_profile("p", "soft", one, origin()), make_profile("p", "soft", other, origin())
    there, back = difference(before, after), difference(after, before)
    assert there.experts is not None
    assert back.experts == tuple(ChangedExpert(e.layer, e.expert, e.after, e.before) for e in there.experts)
    assert len(there.experts) == int((one != other).sum())
    assert there.is_empty == np.array_equal(one, other)


def test_fields_that_differ_are_named_with_both_values() -> None:
    other = replace(profile(), kind="hard")
    other = replace(other, origin=origin().model_copy(update={"task": "الرياضيات", "threshold": None}))
    fields = {field.name: (field.before, field.after) for field in difference(profile(), other).fields}
    assert fields == {"kind": ("soft", "hard"), "task": ("数学", "الرياضيات"), "threshold": (0.4, None)}


def test_weights_of_another_shape_are_not_compared() -> None:
    found = difference(profile(), make_profile("maths-sw", "soft", weights(2, 8), origin()))
    assert found.experts is None
    assert [(field.name, field.before, field.after) for field in found.fields] == [("shape", [4, 8], [2, 8])]
    assert not found.is_empty
