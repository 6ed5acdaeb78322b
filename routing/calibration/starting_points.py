"""Settings to start from, by the shape of a model: the table in starting_points.tsv, with its source and its doubts."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from routing.calibration.task_profile import Intervention
from routing.steering.model_match import RoutedModel


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """What was reported to help one model at one task.

    depth, experts, experts_per_token: the model's shape. layers: first and last to steer. threshold: τ.
    unit: λ; None for the hard kind. chosen: experts in the whole model.
    accuracy, steered_accuracy: in percent, the mean over languages.
    """

    model: str
    depth: int
    experts: int
    experts_per_token: int
    task: str
    layers: tuple[int, int]
    threshold: float
    kind: Intervention
    unit: float | None
    chosen: int
    accuracy: float
    steered_accuracy: float

    @property
    def intervention(self) -> str:
        """Kind and λ in one: ``soft 0.5``, ``hard``."""
        return self.kind if self.unit is None else f"{self.kind} {self.unit:g}"

    def is_of(self, model: RoutedModel) -> bool:
        """Whether the model has this shape: it is the reported one, a fine-tune of it, or by chance as large."""
        shape = (model.depth, model.experts, model.experts_per_token)
        return shape == (self.depth, self.experts, self.experts_per_token)


@cache
def starting_points() -> tuple[StartingPoint, ...]:
    """All that are known. Read once."""
    table = resources.files("routing.calibration").joinpath("starting_points.tsv").read_text("utf-8")
    return tuple(_parse(line) for line in table.splitlines() if not line.startswith("#"))


def starting_points_of(model: RoutedModel) -> tuple[StartingPoint, ...]:
    """Those for models of this one's shape; none for most."""
    return tuple(point for point in starting_points() if point.is_of(model))


def _parse(line: str) -> StartingPoint:
    model, depth, experts, per_token, task, first, last, threshold, kind, unit, chosen, *accuracies = (
        line.split("\t")
    )
    accuracy, steered_accuracy = map(float, accuracies)
    return StartingPoint(
        model,
        int(depth),
        int(experts),
        int(per_token),
        task,
        (int(first), int(last)),
        float(threshold),
        cast(Intervention, kind),
        None if unit == "-" else float(unit),
        int(chosen),
        accuracy,
        steered_accuracy,
    )
