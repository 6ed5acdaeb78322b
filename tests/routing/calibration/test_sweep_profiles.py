from dataclasses import replace

import numpy as np

from routing.calibration.calibration import CalibrationSettings
from routing.calibration.sweep_profiles import placebos, sweep_profiles, sweep_settings
from routing.steering.touched import touched_experts
from tests.routing.calibration.test_calibration import MODEL, ORIGIN, ROUTED, made


def test_the_grid_is_every_setting_in_the_middle_and_in_all_layers() -> None:
    settings = sweep_settings(made(), MODEL)
    assert len(settings) == len(set(settings)) == 2 * 4 * 4
    assert {setting.layers for setting in settings} == {(2, 6), (ROUTED[0], ROUTED[-1])}
    assert settings[0].label == "t0.2-soft0.25-l2-6"
    assert "t0.5-hard-l1-7" in {setting.label for setting in settings}


def test_without_a_middle_the_grid_has_all_layers_alone() -> None:
    assert {setting.layers for setting in sweep_settings(replace(made(), layers=None), MODEL)} == {(1, 7)}


def test_what_was_reported_for_a_model_of_this_shape_is_tried_first() -> None:
    model = replace(MODEL, depth=24, routed_layers=tuple(range(24)), experts=32, experts_per_token=4)
    found = replace(made(), routed_layers=model.routed_layers, layers=(4, 19))
    settings = sweep_settings(found, model)
    assert [setting.label for setting in settings[:3]] == [
        "t0.3-hard-l4-19",
        "t0.3-soft0.5-l4-19",
        "t0.2-soft0.25-l4-19",
    ]
    # Both are in the grid as well, for these are the middle layers, and none is tried twice.
    assert len(settings) == len(set(settings)) == 2 * 4 * 4


def test_profiles_are_those_of_a_calibration_with_that_setting_and_none_is_there_twice() -> None:
    profiles = {profile.name: profile for profile in sweep_profiles("maths", made(), MODEL, ORIGIN)}
    assert len({profile.content_hash for profile in profiles.values()}) == len(profiles) <= 32
    expected = made(CalibrationSettings(threshold=0.5, layers=(2, 6), seed=0)).chosen
    profile = profiles["maths-t0.5-soft1-l2-6"]
    assert np.array_equal(profile.weights[list(ROUTED)] == 1.0, expected)
    assert (profile.origin.threshold, profile.origin.unit, profile.origin.layers) == (0.5, 1.0, (2, 6))


def test_of_settings_that_come_to_the_same_the_first_is_kept() -> None:
    same = replace(made(), difference=np.where(made().difference > 0.2, 0.9, 0.0))
    names = [profile.name for profile in sweep_profiles("maths", same, MODEL, ORIGIN)]
    assert len(names) == 2 * 4
    assert all("-t0.2-" in name for name in names)


def test_where_nothing_is_chosen_there_is_no_profile() -> None:
    assert sweep_profiles("maths", replace(made(), difference=np.zeros((7, 8))), MODEL, ORIGIN) == ()


def test_a_placebo_does_as_much_to_other_experts_of_the_same_layers() -> None:
    profiles = sweep_profiles("maths", made(), MODEL, ORIGIN)
    for profile, placebo in zip(profiles, placebos(profiles, seed=3), strict=True):
        assert placebo.kind == profile.kind
        assert not (placebo.weights.astype(bool) & profile.weights.astype(bool)).any()
        assert np.array_equal(np.sort(placebo.weights, axis=1), np.sort(profile.weights, axis=1))
    again, other = placebos(profiles, seed=3), placebos(profiles, seed=4)
    assert [one.reference for one in again] == [one.reference for one in placebos(profiles, seed=3)]
    assert [one.content_hash for one in again] != [one.content_hash for one in other]


def test_a_placebo_of_most_experts_of_a_layer_finds_room() -> None:
    crowded = replace(made(), difference=np.full((7, 8), 0.9))
    crowded.difference[:, 0] = 0.0
    profile = sweep_profiles("maths", crowded, MODEL, ORIGIN)[0]
    (placebo,) = placebos((profile,), seed=0)
    assert len(touched_experts(placebo)) == len(touched_experts(profile))
