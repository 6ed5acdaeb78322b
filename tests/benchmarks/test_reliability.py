from pathlib import Path

from PIL import Image

from benchmarks.reliability import Judged, calibration_error, draw, reliability


def judged(confidence: float, right: int, wrong: int) -> list[Judged]:
    return [Judged(confidence, right=True)] * right + [Judged(confidence, right=False)] * wrong


def test_confidences_that_come_true_have_no_error() -> None:
    assert calibration_error([*judged(1.0, 150, 0), *judged(0.0, 0, 150)]) == 0


def test_boasting_shows_as_error() -> None:
    assert calibration_error(judged(1.0, 0, 60)) == 1


def test_bins_hold_equal_numbers_least_sure_first() -> None:
    bins = reliability([Judged(number / 100, right=number > 50) for number in range(100, 0, -1)])
    assert sum(one.count for one in bins) == 100
    assert max(one.count for one in bins) - min(one.count for one in bins) <= 1
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    assert bins[0].was == 0
    assert bins[-1].was == 1


def test_fewer_detections_than_bins_are_no_error(tmp_path: Path) -> None:
    bins = reliability(judged(0.7, 2, 1))
    path = tmp_path / "plots" / "reliability.png"
    draw(bins, path)
    with Image.open(path) as image:
        assert len(image.getcolors() or []) > 2
