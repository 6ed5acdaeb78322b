"""``dragoman calibrate``: makes steering profiles for a model and a task."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gateway.calibration.collection import Engine
from gateway.calibration.outcome import Outcome, results_document, write_outcome
from gateway.calibration.request import CalibrationRequest
from gateway.calibration.run import run_calibration
from gateway.calibration.sweep import Answerer, SweepRequest, run_sweep
from gateway.calibration.sweep_report import sweep_document, verdict, write_sweep
from gateway.plots.figure import new_figure
from routing.calibration.starting_points import StartingPoint, starting_points_of
from routing.errors import ConfigError
from routing.final_answer.extract import AnswerKind

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
# Of a profile's name, with room for the settings of a sweep.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@click.command()
@click.argument("model")
@click.option(
    "--parallel",
    type=_FILE,
    required=True,
    help='Text in English and other languages: {"language": …, "id": …, "text": …} a line.',
)
@click.option(
    "--task",
    type=_FILE,
    required=True,
    help='The task in English: {"question": …, "answer": …} or {"text": …} a line.',
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder for everything that is written. A run that was broken off goes on there.",
)
@click.option(
    "--name", default="task", show_default=True, help="Of the task: profiles are NAME-soft and NAME-hard."
)
@click.option(
    "--model-name", help="What profiles call the model; needed where engines know MODEL by another name."
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="τ: how much more often than general text the task must use an expert.",
)
@click.option(
    "--unit",
    type=click.FloatRange(0, 10, min_open=True),
    default=0.5,
    show_default=True,
    help="λ: what a soft profile adds, in standard deviations of a token's router logits.",
)
@click.option(
    "--layers", help="First and last layer to steer, as 8-35; else chosen by rule from the divergence."
)
@click.option(
    "--most-texts", type=click.IntRange(2), help="Texts to read of each language and of the task; else all."
)
@click.option(
    "--max-tokens", type=click.IntRange(1), default=1024, show_default=True, help="Longer texts are cut."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--vllm",
    "vllm_arguments",
    default="{}",
    help="More arguments of vllm.LLM, as a JSON object: '{\"tensor_parallel_size\": 2}'.",
)
@click.option(
    "--sweep",
    "questions",
    type=_FILE,
    help='Try τ, λ, kinds and layers on questions: {"language": …, "id": …, "question": …, "answer": …} a line.',
)
@click.option(
    "--answers",
    type=click.Choice(get_args(AnswerKind)),
    default="auto",
    show_default=True,
    help="What a sweep takes from an answer to compare.",
)
@click.option("--answer-tokens", type=click.IntRange(1), default=512, show_default=True, help="Of an answer.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one JSON document.")
def calibrate(
    as_json: bool, questions: Path | None, answers: AnswerKind, answer_tokens: int, **options: Any
) -> None:
    """Read texts with MODEL, a mixture of experts, and make steering profiles from how they are routed.

    MODEL is a folder or a name of Hugging Face's, as vLLM takes it; vLLM must be installed, and the extra calibrate.
    Another --threshold, --unit or --layers in the same --output reads nothing again. docs/calibration.md says what is
    computed and how to read it.

    \b
    Example:
      dragoman calibrate Qwen/Qwen3-30B-A3B --parallel flores.jsonl --task gsm8k.jsonl --name maths --output maths/
    """
    request = _request(options)
    sweep = None if questions is None else SweepRequest(questions, answers, answer_tokens)
    try:
        # Before hours of reading, what is needed after them.
        new_figure(1, 1)
        outcome = _run(request)
        write_outcome(outcome, request.output)
        swept = None if sweep is None else _sweep(request, sweep, outcome)
    except ConfigError as error:
        raise click.ClickException(error.message) from error
    click.echo(_document(outcome, swept) if as_json else _summary(outcome, swept, request.output))


def _request(options: Mapping[str, Any]) -> CalibrationRequest:
    if not _NAME.fullmatch(options["name"]):
        raise click.BadParameter("letters, digits and ._- only, at most 32", param_hint="--name")
    _vllm_arguments(options["vllm_arguments"])
    return CalibrationRequest(**{**options, "layers": _layers(options["layers"])})


def _layers(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise click.BadParameter("must be first-last, as 8-35", param_hint="--layers")
    return int(found[1]), int(found[2])


def _vllm_arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--vllm") from error
    if not isinstance(arguments, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--vllm")
    return arguments


def _run(request: CalibrationRequest) -> Outcome:
    with _bar("texts read") as bar:
        return run_calibration(request, partial(_start_engine, request), bar)


def _sweep(request: CalibrationRequest, sweep: SweepRequest, outcome: Outcome) -> dict[str, Any]:
    with _bar("answers") as bar:
        found = run_sweep(request, sweep, outcome, partial(_start_answering, request), bar)
    write_sweep(found, request.output)
    return sweep_document(found)


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar on the terminal."""

    display: Progress
    task: TaskID

    def begin(self, total: int) -> None:
        self.display.update(self.task, total=total)

    def advance(self, more: int) -> None:
        self.display.advance(self.task, more)


@contextlib.contextmanager
def _bar(name: str) -> Iterator[_Bar]:
    """On standard error, for output is for results; nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as display:
        yield _Bar(display, display.add_task(name, total=None))


def _start_engine(request: CalibrationRequest) -> Engine:
    try:
        from gateway.vllm.calibration.engine import CalibrationEngine
    except ImportError as error:
        raise ConfigError(f"vLLM is needed to read texts, and is not installed ({error})") from error
    return CalibrationEngine(request.model, request.max_tokens, _vllm_arguments(request.vllm_arguments))


def _start_answering(request: CalibrationRequest, profiles: Path, count: int) -> Answerer:
    from gateway.vllm.calibration.answering import AnsweringEngine

    return AnsweringEngine(request.model, profiles, count, _vllm_arguments(request.vllm_arguments))


def _document(outcome: Outcome, swept: Mapping[str, Any] | None) -> str:
    told = results_document(outcome) | ({} if swept is None else {"sweep": swept})
    return json.dumps(told, ensure_ascii=False)


def _summary(outcome: Outcome, swept: Mapping[str, Any] | None, output: Path) -> str:
    found, threshold = outcome.calibration, outcome.origin.threshold
    layers = "no middle layers" if found.layers is None else f"layers {found.layers[0]} to {found.layers[1]}"
    lines = [
        f"{layers}; {int(found.chosen.sum())} experts of the task above {threshold:g}",
        f"candidates: {', '.join(found.candidates) or 'none'}",
        *(f"profile {profile.reference}" for profile in outcome.profiles),
        *(_reported(point) for point in starting_points_of(outcome.model)),
        f"see {output / 'report.html'}",
    ]
    return "\n".join(lines if swept is None else [*lines, verdict(swept), f"see {output / 'sweep.html'}"])


def _reported(point: StartingPoint) -> str:
    first, last = point.layers
    settings = f"layers {first} to {last}, τ {point.threshold:g}, {point.intervention}"
    return f"reported for {point.model}, which has this shape, at {point.task}: {settings}"
