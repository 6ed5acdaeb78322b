from collections import Counter
from importlib import resources

import pytest

from routing.calibration.starting_points import StartingPoint, starting_points, starting_points_of
from routing.steering.model_match import RoutedModel


def model(depth: int, experts: int, experts_per_token: int) -> RoutedModel:
    return RoutedModel(None, None, "", depth, tuple(range(depth)), experts, experts_per_token)


def test_the_table_says_where_it_comes_from_and_how_sure_it_is() -> None:
    table = resources.files("routing.calibration").joinpath("starting_points.tsv").read_text("utf-8")
    head = "".join(line for line in table.splitlines() if line.startswith("#"))
    assert "arXiv 2510.04694" in head
    assert "second hand" in head


@pytest.mark.parametrize("point", starting_points(), ids=lambda point: f"{point.model}, {point.task}")
def test_a_starting_point_is_one_that_calibration_could_take(point: StartingPoint) -> None:
    assert 0 <= point.layers[0] < point.layers[1] < point.depth
    assert 0.25 <= point.threshold <= 0.5
    assert point.unit == {"soft": 0.5, "hard": None}[point.kind]
    assert point.intervention == {"soft": "soft 0.5", "hard": "hard"}[point.kind]
    assert 0 < point.chosen < point.depth * point.experts
    # The paper's gains, on average: 0.7 to 2.6 points.
    assert 0.65 < point.steered_accuracy - point.accuracy < 2.65


def test_every_model_has_both_tasks() -> None:
    assert Counter(point.model for point in starting_points()) == {
        "Qwen3-30B-A3B": 2,
        "Phi-3.5-MoE": 2,
        "GPT-OSS-20B": 2,
    }


def test_a_model_is_known_by_its_shape() -> None:
    told = [(point.task, point.threshold) for point in starting_points_of(model(48, 128, 8))]
    assert told == [("MGSM", 0.4), ("Global-MMLU, medicine", 0.5)]
    assert {point.model for point in starting_points_of(model(24, 32, 4))} == {"GPT-OSS-20B"}
    for other in (model(47, 128, 8), model(48, 64, 8), model(48, 128, 4)):
        assert starting_points_of(other) == ()
