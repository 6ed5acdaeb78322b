"""Detection on public data, where it is there: figures may not fall much below those in docs/detection.md."""

import statistics
from functools import cache
from pathlib import Path

import pytest

from benchmarks.detection_sets import Sets, read_sets
from benchmarks.detection_systems import compared
from routing.language import Detector

DATA = Path(__file__).parents[3].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data sets are not in {DATA}")


@cache
def held_out() -> Sets:
    return read_sets(DATA, "second")


@pytest.mark.parametrize(
    ("title", "least"),
    [
        ("NTREX, 3 words", 0.89),
        ("NTREX, 6 words", 0.955),
        ("NTREX, 12 words", 0.975),
        ("ha ig rw xh yo zu, 12 words", 0.97),
        ("Language Confusion prompts", 0.985),
        ("XQuAD questions", 0.99),
        ("XCOPA premises", 0.96),
        ("English commands", 0.985),
        ("question and code (own)", 0.98),
    ],
)
def test_languages_are_told_as_often_as_measured(detector: Detector, title: str, least: float) -> None:
    samples = held_out()[title][::3]
    right = statistics.fmean(
        compared(detector.detect(sample.text).language) == compared(sample.language) for sample in samples
    )
    assert right >= least


def test_hinglish_is_recognised_and_english_is_not_taken_for_it(detector: Detector) -> None:
    recognised, mistaken = (
        statistics.fmean(detector.detect(sample.text).romanised for sample in held_out()[title])
        for title in ("Hinglish commands", "English commands")
    )
    assert recognised >= 0.8
    assert mistaken <= 0.005


def test_half_of_another_language_is_noticed(detector: Detector) -> None:
    mixed, single = (
        statistics.fmean(detector.detect(sample.text).mixed for sample in held_out()[title][::5])
        for title in ("half English, half another", "NTREX, 12 words")
    )
    assert mixed >= 0.75
    assert single <= 0.02
