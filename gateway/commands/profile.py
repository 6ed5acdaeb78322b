"""``dragoman profile``: what is in steering profiles."""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.plots.figure import write_png
from gateway.plots.profile_map import profile_figure
from routing.calibration.starting_points import StartingPoint, starting_points
from routing.errors import ConfigError
from routing.steering.profile import Profile
from routing.steering.profile_file import read_profile
from routing.steering.touched import ProfileDifference, TouchedExpert, difference, touched_experts

_FILE = click.Path(path_type=Path)


@click.group()
def profile() -> None:
    """Show, compare and draw steering profiles (*.safetensors). docs/steering.md says what they do.

    `dragoman calibrate` makes them.
    """


@profile.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON document, weights included.")
def show(file: Path, as_json: bool) -> None:
    """Show the profile in FILE: where it comes from, and which experts of which layers it touches.

    \b
    Example:
      dragoman profile show maths-soft.safetensors
      dragoman profile show --json maths-soft.safetensors | jq -r .reference
    """
    shown = _read(file)
    if as_json:
        click.echo(orjson.dumps(_document(shown), option=orjson.OPT_INDENT_2))
        return
    console = Console(highlight=False)
    console.print(_facts_table(shown))
    console.print(_layer_table(touched_experts(shown)))


@profile.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Show what changes from the profile in BEFORE to the one in AFTER. The exit status is 0 either way."""
    found = difference(_read(before), _read(after))
    if as_json:
        click.echo(orjson.dumps({"same": found.is_empty, **asdict(found)}, option=orjson.OPT_INDENT_2))
    else:
        _show_difference(found)


@profile.command()
@click.argument("file", type=_FILE)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The PNG file to write; one that exists is replaced.",
)
def plot(file: Path, output: Path) -> None:
    """Draw the profile in FILE as a heat map of layers and experts. Needs the extra: dragoman[calibrate]."""
    drawn = _read(file)
    try:
        write_png(profile_figure(drawn), output)
    except ConfigError as error:
        raise click.ClickException(error.message) from error
    click.echo(output)


@profile.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def reported(as_json: bool) -> None:
    """Show the settings that arXiv 2510.04694 reports for its models: where to start, at second hand.

    docs/calibration.md says how sure they are; `dragoman calibrate --sweep` tries those for MODEL's shape.
    """
    points = starting_points()
    if as_json:
        click.echo(orjson.dumps([asdict(point) for point in points], option=orjson.OPT_INDENT_2))
        return
    columns = ("model", "task", "layers", "τ", "kind, λ", "experts", "accuracy")
    Console(highlight=False).print(_table(columns, map(_reported_row, points)))


def _reported_row(point: StartingPoint) -> tuple[str, ...]:
    layers, accuracy = "{}-{}".format(*point.layers), f"{point.accuracy} → {point.steered_accuracy}"
    return (
        *(point.model, point.task, layers, f"{point.threshold:g}", point.intervention),
        *(str(point.chosen), accuracy),
    )


def _read(file: Path) -> Profile:
    try:
        return read_profile(file)
    except ConfigError as error:
        raise click.ClickException(error.message) from error


def _document(shown: Profile) -> dict[str, Any]:
    layers, experts = shown.weights.shape
    return {
        "reference": shown.reference,
        "name": shown.name,
        "kind": shown.kind,
        "content_hash": shown.content_hash,
        "layers": layers,
        "experts": experts,
        "origin": shown.origin.model_dump(mode="json"),
        "counts": _counts(touched_experts(shown)),
        "touched": [asdict(expert) for expert in touched_experts(shown)],
    }


def _counts(touched: tuple[TouchedExpert, ...]) -> dict[str, int]:
    return {
        "layers": len({expert.layer for expert in touched}),
        "raised": sum(expert.weight > 0 for expert in touched),
        "lowered": sum(expert.weight < 0 for expert in touched),
    }


def _facts_table(shown: Profile) -> Table:
    layers, experts = shown.weights.shape
    counts = _counts(touched_experts(shown))
    rows = [
        ("reference", shown.reference),
        ("kind", shown.kind),
        ("shape", f"{layers} layers of {experts} experts"),
        ("touched", "{raised} raised and {lowered} lowered in {layers} layers".format(**counts)),
    ]
    told = shown.origin.model_dump(exclude={"sources"}, exclude_none=True)
    rows += [(name.replace("_", " "), _plain(value)) for name, value in told.items()]
    rows += [
        ("source", f"{source.name}: {source.language}, {source.sequences} sequences, {source.tokens} tokens")
        for source in shown.origin.sources
    ]
    return _table((), rows)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _layer_table(touched: tuple[TouchedExpert, ...]) -> Table:
    rows = [
        (str(layer), "  ".join(f"{expert.expert} ({expert.weight:+g})" for expert in experts))
        for layer, experts in groupby(touched, key=lambda expert: expert.layer)
    ]
    return _table(("layer", "experts (weight)"), rows)


def _show_difference(found: ProfileDifference) -> None:
    if found.is_empty:
        click.echo("The same.")
        return
    console = Console(highlight=False)
    if found.fields:
        fields = [(field.name, _json(field.before), _json(field.after)) for field in found.fields]
        console.print(_table(("field", "before", "after"), fields))
    if found.experts is None:
        console.print("The weights are of another shape and cannot be compared.")
    elif found.experts:
        experts = [(str(e.layer), str(e.expert), f"{e.before:g}", f"{e.after:g}") for e in found.experts]
        console.print(_table(("layer", "expert", "before", "after"), experts))
    else:
        console.print("The weights are the same.")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(*columns, show_header=bool(columns))
    for row in rows:
        # As Text, since a name may hold what looks like markup.
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    return table
