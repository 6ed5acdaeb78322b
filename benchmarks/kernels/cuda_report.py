"""What `benchmarks.kernels.cuda` found, in lines for people."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from benchmarks.kernels.cuda_goals import FLASHINFER, OURS, VLLM, Verdict, floor_ms
from benchmarks.kernels.cuda_place import Finding

NAMES = (*OURS, *VLLM, FLASHINFER, "torch")

HEADER = (
    "Microseconds of a call in a graph, and launched by itself after the stroke. The floor is one read of the logits.\n"
    f"| point | floor | {' | '.join(NAMES)} | wrong or failed |\n|{'---|' * (len(NAMES) + 3)}"
)


def is_bad(finding: Finding) -> bool:
    """Whether something of ours was wrong, or is not known as a part ended early."""
    return finding["finding"] in {"lost", "error"} or bool(finding.get("wrong"))


def line_of(finding: Finding, gb_per_s: float) -> str:
    """gb_per_s: what memory can read, for the floor; 0 while that is not known."""
    if finding["finding"] == "machine":
        return f"{json.dumps(finding, ensure_ascii=False)}\n{comparison(finding)}"
    if finding["finding"] != "cell":
        return json.dumps(finding, ensure_ascii=False) if is_bad(finding) or "kernel" not in finding else "."
    floor_us = f"{floor_ms(finding, gb_per_s) * 1e3:.1f}" if gb_per_s else "–"
    wrong = finding["wrong"] | finding["failed"]
    return f"| {finding['name']} | {floor_us} | {_times(finding['ms'])} | {wrong or ''} |"


def _times(ms: dict[str, float]) -> str:
    return " | ".join(f"{_us(ms, name)} / {_us(ms, f'{name}, launched')}" for name in NAMES)


def _us(ms: dict[str, float], name: str) -> str:
    return f"{ms[name] * 1e3:.1f}" if name in ms else "–"


def comparison(machine: Finding) -> str:
    """Who is there to compare with and who is missing; and what that leaves unknown."""
    line = f"compared with {', '.join(machine['peers'])}"
    if not machine["missing"]:
        return line
    absent = "; ".join(f"{name} ({why})" for name, why in machine["missing"].items())
    if "vLLM V2" not in machine["missing"]:
        return f"{line}. Missing: {absent}"
    return (
        f"{line}. Missing: {absent}. vLLM samples with Triton kernels of its own, which torch's chain cannot stand "
        "in for: it is slower. `benchmarks.kernels.vllm_files` takes them to a machine without vLLM"
    )


def summary(found: Sequence[Verdict], unmeasured: Sequence[str], points: int) -> Iterator[str]:
    """Of each goal at how many points it was met, every point where it was missed, and what was not timed.

    points: how many there are in all.
    """
    by_goal = sorted(found, key=lambda each: each.goal)
    for goal, group in groupby(by_goal, key=lambda each: each.goal):
        judged = list(group)
        met, missed = (sum(each.is_met is wanted for each in judged) for wanted in (True, False))
        alone = len(judged) - met - missed
        yield f"{goal}: met at {met}, missed at {missed}, nobody to compare with at {alone} points"
        for each in judged:
            if each.is_met is False:
                ratio = "ours wrong or not timed" if each.ratio is None else f"{each.ratio:.2f}"
                yield f"    missed: {each.point}: {ratio}"
    if unmeasured:
        names = f": {'; '.join(unmeasured)}" if found else ""
        yield f"not timed: {len(unmeasured)} of {points} points{names}"
