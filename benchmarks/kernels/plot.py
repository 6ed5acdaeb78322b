"""Draws the times that `benchmarks.kernels.cuda` found, against the floor of reading the logits once.

python -m benchmarks.kernels.plot FILE PICTURE
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

STYLES = {"floor": "k--", "Triton": "o-", "CUDA": "s-", "torch": "^:"}


@click.command(help=__doc__)
@click.argument("findings", type=click.Path(path_type=Path, exists=True))
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--vocabulary", default=151_936, show_default=True)
def main(findings: Path, picture: Path, vocabulary: int) -> None:
    """One panel for each workload and number of draws."""
    lines = [json.loads(line) for line in findings.read_text(encoding="utf-8").splitlines()]
    (gb_per_s,) = (line["read"] for line in lines if line["finding"] == "bandwidth")
    cells = [line for line in lines if line["finding"] == "cell" and line["vocabulary"] == vocabulary]
    draw(curves(cells, gb_per_s), picture)


Curves = dict[str, dict[str, list[tuple[int, float]]]]
"""Of each panel, by who was called: (rows, microseconds)."""


def curves(cells: Sequence[dict[str, Any]], gb_per_s: float) -> Curves:
    """What is drawn, in order of the rows."""
    panels: Curves = {}
    for cell in sorted(cells, key=lambda each: int(each["batch"])):
        panel = panels.setdefault(f"{cell['workload']}, {cell['draws']} draws", {})
        times = {"floor": cell["read_bytes"] / gb_per_s / 1e6} | cell["ms"]
        for name in STYLES.keys() & times.keys():
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
