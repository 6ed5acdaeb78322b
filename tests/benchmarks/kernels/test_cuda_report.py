import json

from benchmarks.kernels.cuda_goals import Verdict
from benchmarks.kernels.cuda_place import Finding
from benchmarks.kernels.cuda_report import comparison, line_of, summary

CELL: Finding = {
    "finding": "cell",
    "name": "min-p, 5 draws, 1000 × 2, bfloat16",
    "read_bytes": 4_000,
    "ms": {"Triton": 0.01, "torch": 0.5, "torch, launched": 0.7},
    "wrong": {},
    "failed": {"FlashInfer": "RuntimeError: no nvcc"},
}


def test_a_point_is_told_beside_the_floor() -> None:
    *numbers, failed, _ = (each.strip() for each in line_of(CELL, 1.0).split("|")[1:])
    assert numbers == [CELL["name"], "4.0", "10.0 / –", "– / –", "– / –", "– / –", "– / –", "500.0 / 700.0"]
    assert failed == str(CELL["failed"])


def test_what_was_lost_is_told_as_it_is() -> None:
    assert json.loads(line_of({"finding": "lost", "part": "x", "what": "y"}, 0.0))["part"] == "x"


def test_a_machine_without_vllm_is_told_what_it_cannot_find_out() -> None:
    line = comparison({"peers": ["torch"], "missing": {"vLLM V2": "No module named 'vllm'"}})
    assert "compared with torch" in line
    assert "No module named 'vllm'" in line
    assert "cannot stand in" in line
    assert "cannot" not in comparison({"peers": ["torch", "vLLM V2"], "missing": {"FlashInfer": "none"}})
    assert comparison({"peers": ["torch"], "missing": {}}) == "compared with torch"


def test_goals_are_counted_and_missed_points_named() -> None:
    found = [
        Verdict("fast", "one", 1.2, True),
        Verdict("fast", "two", 1.7, False),
        Verdict("fast", "three", None, False),
        Verdict("first", "one", None, None),
    ]
    assert list(summary(found, ["four", "five"], 6)) == [
        "fast: met at 1, missed at 2, nobody to compare with at 0 points",
        "    missed: two: 1.70",
        "    missed: three: ours wrong or not timed",
        "first: met at 0, missed at 0, nobody to compare with at 1 points",
        "not timed: 2 of 6 points: four; five",
    ]


def test_where_nothing_was_timed_no_list_is_printed() -> None:
    assert list(summary([], ["four", "five"], 2)) == ["not timed: 2 of 2 points"]
    assert list(summary([], [], 2)) == []
