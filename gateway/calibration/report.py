"""The report: one HTML page with everything in it, to be read, sent and kept."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.calibration.html_page import image, page, table

_VERDICTS = {
    "candidate": "candidate",
    "aligned": "aligned: nothing to mend",
    "undecided": "undecided: too few texts",
    None: "–",
}
_EXPLANATION = """
<p>Divergence (0 to 1) is how differently a text and its translation are routed: Jensen-Shannon divergence over
the room that entropy leaves, as in arXiv 2510.04694. Languages that meet in the middle layers show a U. The dotted
line compares English texts with other English texts; a language whose middle lies above it is routed by language more
than by content, and is a <em>candidate</em>. That is a hint of this tool's, not of the paper's: whether steering
helps must be measured by accuracy, language by language. English is not to be steered.</p>
"""


def report_page(results: Mapping[str, Any], pictures: Mapping[str, Path]) -> str:
    """The page. results: `outcome.results_document`. pictures: ``divergence`` and ``experts``, PNG files."""
    parts = [
        table((), _facts(results)),
        "<h2>Languages</h2>",
        _EXPLANATION,
        image(pictures["divergence"], "Divergence to English by layer and language"),
        _language_table(results["languages"]),
        "<h2>The task's experts</h2>",
        image(pictures["experts"], "How much more the task uses each expert; chosen ones are ringed"),
        _expert_table(results["task_experts"]),
        *_reported(results["starting_points"]),
        "<h2>What was read</h2>",
        _source_table(results["origin"]["sources"]),
    ]
    return page(f"Router steering: {results['origin']['task']}", parts)


def _facts(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    origin, layers = results["origin"], results["layers"]
    return [
        ("Model", f"{origin['model']} {origin['model_revision'] or ''}"),
        ("Layers to steer", f"{layers[0]} to {layers[1]}" if layers else "none: divergence shows no U"),
        ("τ, λ", f"{origin['threshold']:g}, {origin['unit']:g}"),
        ("Experts of the task", str(len(results["task_experts"]))),
        ("Profiles", ", ".join(results["profiles"]) or "none: there is nothing to steer"),
        ("Candidates", ", ".join(results["candidates"]) or "none"),
        ("Texts left out", f"{results['left_out']}, which some language did not have"),
        ("Dragoman", origin["tool_version"]),
    ]


def _language_table(languages: Iterable[Mapping[str, Any]]) -> str:
    head = (
        "Language",
        "Verdict",
        "Divergence in the steered layers",
        "Above other texts by (95%)",
        "Own experts",
        "Shared with the task",
    )
    rows = sorted(languages, key=lambda one: -(one["middle_divergence"] or 0))
    return table(head, (_language_row(one) for one in rows))


def _language_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    told = one["verdict"] is not None
    return (
        one["language"],
        _VERDICTS[one["verdict"]],
        f"{one['middle_divergence']:.3f}" if told else "–",
        "{:+.3f} ({:+.3f} to {:+.3f})".format(*one["excess"]) if told else "–",
        str(one["own_experts"]),
        str(one["shared_experts"]),
    )


def _expert_table(experts: Iterable[Mapping[str, Any]]) -> str:
    rows = ((str(one["layer"]), str(one["expert"]), f"{one['difference']:.3f}") for one in experts)
    return table(("Layer", "Expert", "Δ"), rows)


def _reported(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """What arXiv 2510.04694 reports for a model of this shape; nothing where it has none."""
    if not points:
        return []
    head = ("Model", "Task", "Layers", "τ", "Kind", "λ", "Experts", "Accuracy")
    return [
        "<h2>Reported for a model of this shape, at second hand</h2>",
        table(head, map(_reported_row, points)),
    ]


def _reported_row(point: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        *(point["model"], point["task"], "{} to {}".format(*point["layers"]), f"{point['threshold']:g}"),
        *(point["kind"], "–" if point["unit"] is None else f"{point['unit']:g}", str(point["chosen"])),
        f"{point['accuracy']} → {point['steered_accuracy']}",
    )


def _source_table(sources: Iterable[Mapping[str, Any]]) -> str:
    rows = ((one["name"], one["language"], str(one["sequences"]), str(one["tokens"])) for one in sources)
    return table(("File", "Language", "Texts", "Tokens"), rows)
