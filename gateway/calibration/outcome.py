"""What a calibration leaves behind: profiles, numbers, pictures and a page to read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from gateway.calibration.report import report_page
from gateway.plots.divergence_curves import divergence_figure
from gateway.plots.figure import write_png
from gateway.plots.task_experts_map import task_experts_figure
from routing.calibration.calibration import CalibratedLanguage, Calibration
from routing.calibration.starting_points import starting_points_of
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin, Profile
from routing.steering.profile_file import SUFFIX, write_profile


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """origin: what the profiles say of where they come from. profiles: none where nothing is to be steered.

    left_out: ids of the parallel text that some language did not have.
    """

    calibration: Calibration
    model: RoutedModel
    origin: Origin
    profiles: tuple[Profile, ...]
    left_out: int


def write_outcome(outcome: Outcome, folder: Path) -> None:
    """Writes ``profiles/``, ``results.json``, two PNG files and ``report.html``; what was there is replaced.

    Raises `ConfigError` where matplotlib is not installed.
    """
    pictures = {
        "divergence": divergence_figure(outcome.calibration),
        "experts": task_experts_figure(outcome.calibration),
    }
    paths = {name: folder / f"{name}.png" for name in pictures}
    for name, figure in pictures.items():
        write_png(figure, paths[name])
    _write_profiles(outcome.profiles, folder / "profiles")
    results = results_document(outcome)
    (folder / "results.json").write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))
    (folder / "report.html").write_text(report_page(results, paths), "utf-8")


def results_document(outcome: Outcome) -> dict[str, Any]:
    """Everything that was found out, for scripts; layers by the model's numbers."""
    found = outcome.calibration
    return {
        "origin": outcome.origin.model_dump(mode="json"),
        "left_out": outcome.left_out,
        "layers": found.layers,
        "routed_layers": found.routed_layers,
        "task_experts": _experts(found),
        "candidates": found.candidates,
        "profiles": [profile.reference for profile in outcome.profiles],
        "starting_points": [asdict(point) for point in starting_points_of(outcome.model)],
        "other_texts": found.other_texts.tolist(),
        "languages": [_language(one) for one in found.languages],
    }


def _experts(found: Calibration) -> list[Mapping[str, Any]]:
    return [
        {
            "layer": found.routed_layers[row],
            "expert": expert,
            "difference": float(found.difference[row, expert]),
        }
        for row, expert in np.argwhere(found.chosen).tolist()
    ]


def _language(one: CalibratedLanguage) -> Mapping[str, Any]:
    advice = one.recommendation
    return {
        "language": one.language,
        "tokens": one.tokens,
        "verdict": advice and advice.verdict,
        "middle_divergence": advice and advice.divergence,
        "excess": advice and [advice.excess, advice.low, advice.high],
        "own_experts": one.own_experts,
        "shared_experts": one.shared_experts,
        "divergence": one.divergence.tolist(),
        "choice_divergence": one.choice_divergence.tolist(),
    }


def _write_profiles(profiles: tuple[Profile, ...], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # Those of an earlier threshold, under other names or none: a profile here is one of this outcome.
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    for profile in profiles:
        write_profile(profile, folder / f"{profile.name}{SUFFIX}")
