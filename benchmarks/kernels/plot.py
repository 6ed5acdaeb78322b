"""Draws the times that `benchmarks.kernels.cuda` found, against the floor of reading the logits once.

python -m benchmarks.kernels.plot FILE PICTURE
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.kernels.cuda_goals import FLOOR_BATCH, FLOOR_GOAL, floor_ms

STYLES = {
    "floor": "k--",
    f"{FLOOR_GOAL} times the floor": "k:",
    "Triton": "o-",
    "CUDA": "s-",
    "vLLM V2": "v-.",
    "vLLM V1": "^-.",
    "FlashInfer": "D:",
    "torch": "x:",
}


@click.command(help=__doc__)
@click.argument("findings", type=click.Path(path_type=Path, exists=True))
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--vocabulary", default=151_936, show_default=True)
@click.option("--dtype", default="bfloat16", show_default=True)
def main(findings: Path, picture: Path, vocabulary: int, dtype: str) -> None:
    """One panel for each workload and number of draws."""
    lines = [json.loads(line) for line in findings.read_text(encoding="utf-8").splitlines()]
    (bandwidth,) = (line for line in lines if line["finding"] == "bandwidth")
    sizes = ("cell", vocabulary, dtype)
    cells = [line for line in lines if (line["finding"], line.get("vocabulary"), line.get("dtype")) == sizes]
    draw(curves(cells, max(bandwidth["read"], bandwidth["copied"])), picture)


Curves = dict[str, dict[str, list[tuple[int, float]]]]
"""Of each panel, by who was called: (rows, microseconds)."""


def curves(cells: Sequence[dict[str, Any]], gb_per_s: float) -> Curves:
    """What is drawn, in order of the rows; what the goal allows from where it begins."""
    panels: Curves = {}
    for cell in sorted(cells, key=lambda each: int(each["batch"])):
        panel = panels.setdefault(f"{cell['workload']}, {cell['draws']} draws", {})
        floor = floor_ms(cell, gb_per_s)
        allowed = (
            {f"{FLOOR_GOAL} times the floor": FLOOR_GOAL * floor} if cell["batch"] >= FLOOR_BATCH else {}
        )
        times = {"floor": floor} | allowed | cell["ms"]
        for name in (name for name in STYLES if name in times):
            panel.setdefault(name, []).append((cell["batch"], times[name] * 1e3))
    return panels


def draw(panels: Curves, picture: Path) -> None:
    """Three panels beside each other."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    rows = -(-len(panels) // 3)
    figure, axes = pyplot.subplots(rows, 3, figsize=(13, 3.2 * rows), squeeze=False, sharex=True)
    for axis, (title, panel) in zip(axes.flat, panels.items(), strict=False):
        for name, points in panel.items():
            axis.loglog(*zip(*points, strict=True), STYLES[name], label=name)
        axis.set(title=title, xlabel="rows", ylabel="µs")
        axis.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
