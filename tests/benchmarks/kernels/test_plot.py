import json
from pathlib import Path

from click.testing import CliRunner

from benchmarks.kernels.cuda_place import Finding
from benchmarks.kernels.plot import curves, main

CELL: Finding = {
    "finding": "cell",
    "workload": "min-p",
    "draws": 5,
    "vocabulary": 1_000,
    "dtype": "bfloat16",
    "batch": 2,
    "read_bytes": 4_000,
    "ms": {"Triton": 0.01, "torch": 0.5, "torch, launched": 0.6, "vLLM V2": 0.02},
}


def test_times_are_plotted_against_the_floor_and_what_the_goal_allows() -> None:
    panels = curves([CELL | {"batch": 128, "ms": {}}, CELL | {"batch": 1, "ms": {}}, CELL], 1_000.0)
    assert panels == {
        "min-p, 5 draws": {
            "floor": [(1, 0.004), (2, 0.004), (128, 0.004)],
            "1.5 times the floor": [(128, 0.006)],
            "Triton": [(2, 10.0)],
            "vLLM V2": [(2, 20.0)],
            "torch": [(2, 500.0)],
        }
    }


def test_a_picture_is_made_of_a_file_of_findings(tmp_path: Path) -> None:
    bandwidth = {"finding": "bandwidth", "read": 900.0, "copied": 1_000.0}
    other = CELL | {"dtype": "float32", "workload": "another"}
    lines = [bandwidth, CELL, CELL | {"batch": 8}, other, {"finding": "not timed", "points": []}]
    (tmp_path / "found.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    picture = tmp_path / "times.png"
    arguments = [str(tmp_path / "found.jsonl"), str(picture), "--vocabulary", "1000"]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert picture.stat().st_size > 1_000
