"""The goals for a GPU, and whether a point of the grid meets them."""

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.kernels.cuda_place import Finding

OURS = ("Triton", "CUDA")
VLLM = ("vLLM V2", "vLLM V1")
FLASHINFER = "FlashInfer"

FLOOR_GOAL, FLOOR_BATCH = 1.5, 128
CHAIN_GOAL, CHAIN_WORKLOAD = 3.0, "min-p, log-probabilities"
BEST_GOAL = 1.05
WAYS = {"in a graph": "", "launched": ", launched"}
"""How calls were made, and what the names of their times end with then. Engines capture no sampling."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one goal at one point. ratio: as the goal has it; None where ours or whom it names was not timed there.

    is_met: None where there is nobody to compare with, False where ours was wrong or has no time.
    """

    goal: str
    point: str
    ratio: float | None
    is_met: bool | None

    def finding(self) -> dict[str, Any]:
        """For the file of findings."""
        return {"finding": "goal"} | asdict(self)


def floor_ms(cell: Finding, gb_per_s: float) -> float:
    """What one read of a cell's logits takes at best."""
    return float(cell["read_bytes"]) / gb_per_s / 1e6


def verdicts(cell: Finding, gb_per_s: float) -> list[Verdict]:
    """Of all goals that a point has. gb_per_s: what memory can read, above 0."""
    found = []
    if cell["batch"] >= FLOOR_BATCH:
        ours = _least(cell, _right(cell), "")
        found.append(_at_most(FLOOR_GOAL, "floor", cell, ours, floor_ms(cell, gb_per_s)))
    for way, ending in WAYS.items():
        ours = _least(cell, _right(cell), ending)
        if cell["workload"] == CHAIN_WORKLOAD and cell["draws"] > 1:
            chain = _least(cell, VLLM[:1], ending) or _least(cell, VLLM, ending)
            found.append(_at_least(CHAIN_GOAL, f"vLLM's chain, {way}", cell, ours, chain))
        if "language" not in cell["workload"]:
            best = _least(cell, (*VLLM, FLASHINFER), ending) if _least(cell, VLLM, ending) else None
            found.append(_at_most(BEST_GOAL, f"the best of vLLM and FlashInfer, {way}", cell, ours, best))
    return found


def _right(cell: Finding) -> tuple[str, ...]:
    """Ours that drew what they should."""
    return tuple(name for name in OURS if name not in cell["wrong"])


def _least(cell: Finding, names: tuple[str, ...], ending: str) -> float | None:
    times = [cell["ms"][name + ending] for name in names if name + ending in cell["ms"]]
    return min(times, default=None)


def _at_most(goal: float, of: str, cell: Finding, ours: float | None, theirs: float | None) -> Verdict:
    ratio = None if ours is None or theirs is None else ours / theirs
    is_met = None if theirs is None else ratio is not None and ratio <= goal
    return Verdict(f"at most {goal} times {of}", cell["name"], ratio, is_met)


def _at_least(goal: float, of: str, cell: Finding, ours: float | None, theirs: float | None) -> Verdict:
    ratio = None if ours is None or theirs is None else theirs / ours
    is_met = None if theirs is None else ratio is not None and ratio >= goal
    return Verdict(f"at least {goal} times as fast as {of}", cell["name"], ratio, is_met)
