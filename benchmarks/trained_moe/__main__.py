"""Trains the model, calibrates steering on it, sweeps, and says what came of it, whatever that is.

python -m benchmarks.trained_moe FOLDER

Everything lies in FOLDER: the model (3 MB), the texts, and what ``dragoman calibrate`` writes, its report among it. A
run that was broken off trains again if it was training, and goes on else.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from benchmarks.trained_moe.texts import write_texts
from benchmarks.trained_moe.training import train

_VLLM = {"dtype": "float32", "enforce_eager": True, "kv_cache_memory_bytes": 64 << 20, "max_model_len": 128}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--steps", default=1000, show_default=True, help="Of training: one is 0.1 s of a core.")
@click.option("--texts", default=300, show_default=True, help="To calibrate by, of each kind.")
@click.option(
    "--questions", default=320, show_default=True, help="To sweep by, in each language; at most 320."
)
@click.option("--seed", default=0, show_default=True)
def main(folder: Path, steps: int, texts: int, questions: int, seed: int) -> None:
    """Train, calibrate, sweep, and print what was found as Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "model").is_dir():
        _train(folder / "model", steps, seed)
    write_texts(folder, texts, questions, seed)
    _calibrate(folder, seed)
    results = json.loads((folder / "calibration" / "results.json").read_text("utf-8"))
    sweep = json.loads((folder / "calibration" / "sweep.json").read_text("utf-8"))
    click.echo(_report(results, sweep))


def _train(folder: Path, steps: int, seed: int) -> None:
    with Progress() as progress:
        bar = progress.add_task("training", total=steps)
        train(
            folder,
            steps,
            seed,
            lambda loss: progress.update(bar, advance=1, description=f"training, loss {loss:.2f}"),
        )


def _calibrate(folder: Path, seed: int) -> None:
    words = ["calibrate", "model", "--name", "facts", "--parallel", "parallel.jsonl", "--task", "task.jsonl"]
    words += [
        "--output",
        "calibration",
        "--max-tokens",
        "100",
        "--seed",
        str(seed),
        "--vllm",
        json.dumps(_VLLM),
    ]
    words += ["--sweep", "questions.jsonl", "--answers", "short", "--answer-tokens", "1"]
    command = [sys.executable, "-c", "from gateway.command_line import main; main()", *words]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "HF_HUB_OFFLINE": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True)


def _report(results: Mapping[str, Any], sweep: Mapping[str, Any]) -> str:
    (rare,) = results["languages"]
    curve = " ".join(f"{value:.3f}" for value in rare["divergence"])
    texts = " ".join(f"{value:.3f}" for value in results["other_texts"])
    rows = [
        f"| {'placebo' if name == 'placebo' else 'chosen'} | {tag} | {gain['questions']} | {gain['before']:.1%} "
        f"| {gain['after']:.1%} | {_points(gain)} |"
        for name in ("held_out", "placebo")
        for tag, gain in sweep[name]["by_language"].items()
    ]
    head = [
        "| profile | language | questions | unsteered | steered | gain (95%) |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join(
        [
            f"divergence by layer, rare language: {curve}",
            f"other English texts: {texts}",
            f"middle {results['layers']}, verdict {rare['verdict']}, chosen {sweep['chosen']}",
            *head,
            *rows,
        ]
    )


def _points(gain: Mapping[str, float]) -> str:
    gained, low, high = (100 * gain[name] for name in ("gain", "low", "high"))
    return f"{gained:+.1f} ({low:+.1f} to {high:+.1f})"


if __name__ == "__main__":
    main()
