import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks.kernels.cuda import Run, reported
from benchmarks.kernels.cuda_place import Finding

ROOT = Path(__file__).parents[3]

CELLS: list[Finding] = [
    {
        "finding": "cell",
        "number": number,
        "name": f"point {number}",
        "workload": "temperature",
        "draws": 1,
        "batch": 128,
        "read_bytes": 4_000_000,
        "ms": {"Triton": 0.0014 * (number + 1)},
        "wrong": {},
        "failed": {},
    }
    for number in range(2)
]
MEMORY: Finding = {"finding": "bandwidth", "read": 3_000.0, "copied": 4_000.0}


def test_after_all_findings_come_the_goals_and_what_was_not_timed() -> None:
    found = list(reported([MEMORY, *CELLS], ["point 0", "point 1", "point 2"], is_judged=True))
    assert [finding for finding, _ in found[:3]] == [MEMORY, *CELLS]
    goals = [finding for finding, _ in found if finding["finding"] == "goal"]
    # Against the faster of reading and copying: 1 µs.
    assert [goal["is_met"] for goal in goals if "floor" in goal["goal"]] == [True, False]
    last, text = found[-1]
    assert last == {"finding": "not timed", "points": ["point 2"]}
    assert "missed: point 1: 2.80" in text
    assert "not timed: 1 of 3 points: point 2" in text


def test_the_table_has_one_header() -> None:
    lines = [line for _, line in reported([MEMORY, *CELLS], [], is_judged=True)]
    assert [line.count("| floor |") for line in lines[:3]] == [0, 1, 0]


def test_times_that_say_nothing_are_not_judged() -> None:
    found = [finding["finding"] for finding, _ in reported([MEMORY, *CELLS], [], is_judged=False)]
    assert found == ["bandwidth", "cell", "cell", "not timed"]


def test_when_the_time_is_over_nothing_is_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path, "", is_tiny=True, silence_s=1.0, deadline=time.monotonic() - 1)
    assert list(run.findings(["a point"], 1)) == []
    assert "times: left out" in capsys.readouterr().out


def test_without_the_speed_of_memory_nothing_is_judged() -> None:
    assert [finding["finding"] for finding, _ in reported(CELLS, [], is_judged=True)] == [
        "cell",
        "cell",
        "not timed",
    ]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_where_there_is_no_gpu_it_says_so_and_ends(tmp_path: Path) -> None:
    out = tmp_path / "found.jsonl"
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.kernels.cuda", "--out", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "finds no GPU here" in done.stdout
    assert "Traceback" not in done.stderr
    first, *_ = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    assert (first["finding"], first["of"]) == ("error", "machine")
