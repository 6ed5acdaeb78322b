"""Times `sample` beside vLLM's sampling chain and torch, in one run.

python -m benchmarks.kernels
"""

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import torch
from torch import Tensor

from benchmarks.kernels.clock import medians_ms
from benchmarks.kernels.support import outside_support
from benchmarks.kernels.torch_chain import torch_chain
from benchmarks.kernels.vllm_chain import vllm_chain
from benchmarks.kernels.workloads import VOCABULARIES, Cell, cells
from kernels.sample import sample
from kernels.sample.cases import Case

DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}
CHAINS = {"vLLM": vllm_chain, "torch": torch_chain}


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one call for a cell, by who was called."""

    cell: Cell
    dtype: str
    ms: dict[str, float]

    @property
    def factor(self) -> float:
        """How many times vLLM's time is of ours."""
        return self.ms["vLLM"] / self.ms["ours"]


def time_cell(cell: Cell, dtype: str, seconds: float) -> Timing:
    """All of them on the same logits; the peers get a row for each draw, as an engine would have it.

    With one thread the time is that thread's own; with more it is the wall clock's.
    """
    case, wanted = cell.case(DTYPES[dtype]), cell.workload.logprobs
    rows = case.logits.repeat_interleave(case.draws.temperature.shape[1], dim=0)
    calls: dict[str, Callable[[], object]] = {"ours": _ours(case, logprobs=wanted)}
    for name, chain in CHAINS.items():
        draw = chain(case, logprobs=wanted)
        if wrong := outside_support(case, draw(rows)):
            raise click.ClickException(f"{name} does not draw what was asked for: {wrong}")
        calls[name] = _on_rows(draw, rows)
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    return Timing(cell, dtype, medians_ms(calls, seconds, clock))


def _ours(case: Case, *, logprobs: bool) -> Callable[[], object]:
    return lambda: sample(case.logits, case.draws, case.seeds, case.positions, case.masks, logprobs=logprobs)


def _on_rows(draw: Callable[[Tensor], Tensor], rows: Tensor) -> Callable[[], object]:
    return lambda: draw(rows)


def table(timings: list[Timing]) -> Iterator[str]:
    """A row for each workload and number of draws: the least and the greatest factor over all sizes, and where."""
    yield "| workload | draws | dtype | least | at | greatest | ours, ms | vLLM, ms | torch, ms |"
    yield "|---|---|---|---|---|---|---|---|---|"
    groups: dict[tuple[str, int, str], list[Timing]] = {}
    for each in timings:
        workload = each.cell.workload
        groups.setdefault((workload.name, len(workload.filters), each.dtype), []).append(each)
    for (name, draws, dtype), group in groups.items():
        least, greatest = min(group, key=_factor), max(group, key=_factor)
        at = f"{least.cell.vocabulary // 1000}k × {least.cell.batch}"
        times = " | ".join(f"{least.ms[who]:.2f}" for who in ("ours", *CHAINS))
        yield f"| {name} | {draws} | {dtype} | {least.factor:.1f} | {at} | {greatest.factor:.1f} | {times} |"


def _factor(timing: Timing) -> float:
    return timing.factor


@click.command(help=__doc__)
@click.option("--vocabulary", "vocabularies", type=int, multiple=True, default=VOCABULARIES)
@click.option("--batch", "batches", type=int, multiple=True, default=(1, 4, 8, 32), show_default=True)
@click.option("--draws", type=int, multiple=True, default=(1, 5), show_default=True)
@click.option("--dtype", "dtypes", type=click.Choice(list(DTYPES)), multiple=True, default=["bfloat16"])
@click.option(
    "--threads", default=1, show_default=True, help="Of each; vLLM binds its own to one on two cores."
)
@click.option("--seconds", default=0.5, show_default=True, help="For each cell, after one call of everybody.")
@click.option("--out", type=click.Path(path_type=Path), help="Every cell as JSON.")
def main(
    vocabularies: tuple[int, ...],
    batches: tuple[int, ...],
    draws: tuple[int, ...],
    dtypes: tuple[str, ...],
    threads: int,
    seconds: float,
    out: Path | None,
) -> None:
    """Prints a table of ratios."""
    torch.set_num_threads(threads)
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, {threads} threads")
    timings = []
    for cell in cells(vocabularies, batches, draws):
        for dtype in dtypes:
            timings.append(time_cell(cell, dtype, seconds))
            print(_line(timings[-1]), flush=True)
    print("\n".join(table(timings)))
    if out is not None:
        out.write_text(json.dumps([_as_json(each) for each in timings], indent=1))


def _line(timing: Timing) -> str:
    cell, times = timing.cell, ", ".join(f"{who} {ms:.3f} ms" for who, ms in timing.ms.items())
    size = f"{cell.vocabulary} × {cell.batch}, {len(cell.workload.filters)} draws, {timing.dtype}"
    return f"{cell.workload.name}, {size}: {times}, {timing.factor:.2f} times"


def _as_json(timing: Timing) -> dict[str, object]:
    cell = timing.cell
    return {
        "workload": cell.workload.name,
        "draws": len(cell.workload.filters),
        "vocabulary": cell.vocabulary,
        "batch": cell.batch,
        "dtype": timing.dtype,
        "ms": timing.ms,
    }


if __name__ == "__main__":
    main()
