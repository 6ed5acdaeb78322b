"""The dashboard by Grafana's own models: what Grafana 11.6 would not know is told by name."""

import copy
import json
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

DASHBOARD: dict[str, Any] = json.loads(Path("deploy/grafana/dashboard.json").read_text("utf-8"))


def problems(dashboard: dict[str, Any]) -> list[str]:
    """Keys that Grafana's models drop, and values that none of their enumerations has."""
    register_default_plugins()  # panels' options and Prometheus' queries; else they would be kept unseen
    model = Dashboard.from_json(dashboard)
    return [*lost(dashboard, json.loads(JSONEncoder().encode(model)), "$"), *unknown(model, "$")]


def lost(given: object, kept: object, at: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            yield from lost(value, kept[key], f"{at}.{key}") if key in kept else [f"{at}.{key}"]
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, pair in enumerate(zip(given, kept, strict=True)):
            yield from lost(*pair, f"{at}[{number}]")
    elif given != kept:
        yield at


def unknown(model: object, at: str) -> Iterator[str]:
    if isinstance(model, list | dict):
        for key, value in model.items() if isinstance(model, dict) else enumerate(model):
            yield from unknown(value, f"{at}[{key}]")
    elif type(model).__module__.startswith("grafana_foundation_sdk") and not isinstance(model, Enum):
        for name, hint in get_type_hints(type(model)).items():
            value = getattr(model, name)
            kinds = [
                kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and issubclass(kind, Enum)
            ]
            if (
                kinds
                and isinstance(value, str)
                and value not in [one.value for kind in kinds for one in kind]
            ):
                yield f"{at}.{name}: {value}"
            yield from unknown(value, f"{at}.{name}")


def test_grafana_knows_everything_in_it() -> None:
    assert problems(DASHBOARD) == []


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda all_of_it: all_of_it.update(titel="Dragoman"), "$.titel"),
        (lambda all_of_it: all_of_it["panels"][1]["options"].update(colourMode="value"), "colourMode"),
        (lambda all_of_it: custom(all_of_it).update(lineWidht=1), "lineWidht"),
        (lambda all_of_it: custom(all_of_it).update(drawStyle="lines"), "draw_style: lines"),
        (lambda all_of_it: all_of_it["panels"][8]["targets"][0].update(legend="{{language}}"), "legend"),
        (lambda all_of_it: all_of_it["panels"][8].update(gridPos="left"), "gridPos"),
        (lambda all_of_it: all_of_it["templating"]["list"][1].update(definitoin="x"), "definitoin"),
    ],
)
def test_what_grafana_does_not_know_is_told(spoil: Callable[[dict[str, Any]], None], problem: str) -> None:
    spoilt = copy.deepcopy(DASHBOARD)
    spoil(spoilt)
    [found] = problems(spoilt)
    assert problem in found


def custom(dashboard: dict[str, Any]) -> dict[str, Any]:
    """How a graph's lines are drawn."""
    settings: dict[str, Any] = dashboard["panels"][8]["fieldConfig"]["defaults"]["custom"]
    return settings
