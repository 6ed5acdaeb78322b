"""Whether confidences are what they say: of the detections that said 0.9, how many were right."""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

_BINS = 15
_SIDE, _MARGIN = 520, 60


@dataclass(frozen=True, slots=True)
class Judged:
    """A detection's confidence, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Detections of like confidence: what they said on average, how often they were right, how many they are."""

    said: float
    was: float
    count: int


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """Fifteen bins of equal numbers of detections, least confident first."""
    ordered = sorted(judged, key=lambda one: one.confidence)
    edges = [len(ordered) * number // _BINS for number in range(_BINS + 1)]
    return [_bin(ordered[start:end]) for start, end in itertools.pairwise(edges) if end > start]


def calibration_error(judged: Sequence[Judged]) -> float:
    """Expected calibration error: the mean distance between said and was, weighed by the size of the bins."""
    bins = reliability(judged)
    return sum(one.count * abs(one.said - one.was) for one in bins) / len(judged)


def draw(bins: Sequence[Bin], path: Path) -> None:
    """A reliability diagram, PNG: said from left to right, was from bottom to top, the ideal as a line."""
    image = Image.new("RGB", (_SIDE, _SIDE), "white")
    pen = ImageDraw.Draw(image)
    pen.line([_place(0, 0), _place(1, 1)], fill="silver", width=2)
    for tenth in range(0, 11, 2):
        at = tenth / 10
        pen.line([_place(at, 0), _place(at, 0.015)], fill="black")
        pen.line([_place(0, at), _place(0.015, at)], fill="black")
        pen.text((_place(at, 0)[0] - 8, _SIDE - _MARGIN + 8), f"{at:.1f}", fill="black")
        pen.text((_MARGIN - 28, _place(0, at)[1] - 6), f"{at:.1f}", fill="black")
    pen.line([_place(0, 1), _place(0, 0), _place(1, 0)], fill="black", width=2)
    points = [_place(one.said, one.was) for one in bins]
    pen.line(points, fill="navy", width=2)
    for x, y in points:
        pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill="navy")
    pen.text((_SIDE // 2 - 60, _SIDE - 26), "confidence reported", fill="black")
    pen.text((8, 20), "share that was right", fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def _bin(judged: Sequence[Judged]) -> Bin:
    said = statistics.fmean(one.confidence for one in judged)
    return Bin(said, statistics.fmean(one.right for one in judged), len(judged))


def _place(x: float, y: float) -> tuple[float, float]:
    span = _SIDE - 2 * _MARGIN
    return _MARGIN + x * span, _SIDE - _MARGIN - y * span
