"""What can go wrong on a GPU that is lent for minutes: a part that fails or hangs loses only itself."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.kernels.cuda import commands, findings_of, is_bad, line_of
from benchmarks.kernels.cuda_parts import Finding, Place, Times, parts
from benchmarks.kernels.cuda_samplers import disagreement
from benchmarks.kernels.plot import curves, draw
from kernels.sample import Samples, sample
from kernels.sample.cases import Case, all_cases

FOUND = """print('{"finding": "machine"}', flush=True); print("a compiler's word", flush=True)"""


def findings(program: str, seconds: float = 60.0) -> list[Finding]:
    return list(findings_of("a part", [sys.executable, "-c", program], {}, seconds))


def test_a_part_that_ends_early_keeps_what_it_found() -> None:
    machine, lost = findings(f"{FOUND}; raise SystemExit(3)")
    assert machine == {"finding": "machine"}
    assert not is_bad(machine)
    assert lost == {"finding": "lost", "part": "a part", "what": "ended with 3"}
    assert is_bad(lost)


def test_a_part_that_hangs_is_ended() -> None:
    (lost,) = findings("import time; time.sleep(600)", seconds=0.5)
    assert lost["what"] == "ended with -9"


def test_a_part_that_ends_well_is_not_lost() -> None:
    assert findings(FOUND) == [{"finding": "machine"}]


def test_every_part_is_run_once() -> None:
    names = [name for name, _, _ in commands(Path("folder"), "", tiny=True)]
    assert names == list(parts())
    assert [name for name, _, _ in commands(Path("folder"), "steering", tiny=True)] == ["machine", "steering"]


def by_cpu(case: Case, logits: Tensor, logprobs: bool) -> Samples:
    return sample(logits, case.draws, case.seeds, case.positions, case.masks, logprobs=logprobs)


def test_a_sampler_that_draws_other_tokens_is_told_of() -> None:
    def colder(case: Case, logits: Tensor, logprobs: bool) -> Samples:
        draws = replace(case.draws, temperature=case.draws.temperature * 0.5)
        return by_cpu(replace(case, draws=draws), logits, logprobs)

    hedged = all_cases(1_000)[0]
    assert disagreement(hedged, by_cpu, "cpu") == ""
    assert "tokens" in disagreement(hedged, colder, "cpu")


def test_one_that_fails_loses_neither_its_cell_nor_the_others() -> None:
    def broken() -> object:
        raise RuntimeError("an illegal instruction was encountered")

    times = Times(Place(Path("folder"), is_tiny=True))
    times.measure("broken", [broken])
    times.measure("whole", [lambda: torch.zeros(3), lambda: torch.zeros(3)])
    assert set(times.ms) == {"whole", "whole, launched"}
    assert set(times.wrong) == {"broken, time", "broken, launched, time"}
    assert "illegal instruction" in times.wrong["broken, time"]


CELL: Finding = {
    "finding": "cell",
    "workload": "min-p",
    "draws": 5,
    "vocabulary": 1_000,
    "batch": 2,
    "read_bytes": 4_000,
    "ms": {"Triton": 0.01, "torch": 0.5},
    "wrong": {},
}


def test_a_cell_is_told_beside_the_floor() -> None:
    assert line_of(CELL, 1_000.0) == "| min-p | 5 | 1000 | 2 | 0.0 | 10.0 | – | 500.0 |  |"
    assert json.loads(line_of({"finding": "lost", "part": "x", "what": "y"}, 0.0))["part"] == "x"


def test_times_are_plotted_against_the_floor(tmp_path: Path) -> None:
    panels = curves([CELL | {"batch": 1, "ms": {}}, CELL], 1_000.0)
    assert panels == {
        "min-p, 5 draws": {"floor": [(1, 0.004), (2, 0.004)], "Triton": [(2, 10.0)], "torch": [(2, 500.0)]}
    }
    draw(panels, tmp_path / "times.png")
    assert (tmp_path / "times.png").stat().st_size > 1_000
