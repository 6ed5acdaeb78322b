"""Checks and times the kernels on a GPU; needs torch, triton and numpy, and nothing else that we depend on.

Where there is an nvcc, the CUDA C++ kernel, too.

python -m benchmarks.kernels.cuda --out FILE
"""

import argparse
import ctypes
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

import kernels.router_bias.cases as router_bias
from benchmarks.kernels.torch_chain import torch_chain
from benchmarks.kernels.workloads import Cell, cells
from kernels.router_bias._torch import steer_with_torch
from kernels.router_bias._triton import steer_with_triton
from kernels.sample import Samples
from kernels.sample._cuda import build, sample_with_cuda
from kernels.sample._triton import sample_with_triton
from kernels.sample.cases import Case, all_cases
from kernels.sample.reference import reference

VOCABULARIES = (151_936, 262_144)
BATCHES = (1, 8, 32, 128, 512)
CACHES = 256 << 20
"""Bytes of logits that are read in turns: several times what the second cache of any GPU holds."""

REPLAYS = 20
MOST_PEER_ROWS = 1_024
"""Rows beyond which torch, which sorts all of them, is not waited for."""


def moved(thing: Any, device: str) -> Any:
    """A dataclass of tensors, some of them in dataclasses, on a device."""
    changed: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, Tensor):
            changed[field.name] = value.to(device)
        elif hasattr(value, "__dataclass_fields__"):
            changed[field.name] = moved(value, device)
    return replace(thing, **changed)


def is_ranked(case: Case) -> bool:
    """Whether any draw has a filter that ranks tokens: Triton sorts for it, the CUDA C++ kernel has none."""
    draws = case.draws
    return bool((draws.top_n_sigma > 0).any() or (draws.top_k > 0).any() or (draws.top_p < 1).any())


def with_triton(case: Case) -> Samples:
    """`sample` by Triton, with the sort only where a draw needs it."""
    return _sample(case, case.logits, logprobs=True, ranked=is_ranked(case))


def built_for_this_gpu() -> ctypes.CDLL | None:
    """The CUDA C++ kernel; None where there is no nvcc, or the GPU has no clusters."""
    major, minor = torch.cuda.get_device_capability()
    if shutil.which("nvcc") is None or major < 9:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return ctypes.CDLL(str(build(Path(folder), major * 10 + minor)))


def _sample_in_one_launch(library: ctypes.CDLL, case: Case, logits: Tensor, logprobs: bool) -> Samples:
    return sample_with_cuda(
        library,
        *(logits, case.draws, case.seeds, case.positions, case.masks),
        stream=torch.cuda.current_stream().cuda_stream,
        logprobs=logprobs,
    )


def _sample(case: Case, logits: Tensor, logprobs: bool, ranked: bool) -> Samples:
    return sample_with_triton(
        logits, case.draws, case.seeds, case.positions, case.masks, logprobs=logprobs, ranked=ranked
    )


def wrong_tokens(cases: Sequence[Case], sampler: Callable[[Case], Samples], device: str) -> Iterator[str]:
    """The cases in which other tokens are drawn than by the float64 reference, and how many."""
    for case in cases:
        wanted = reference(case.logits, case.draws, case.seeds, case.positions, case.masks)
        wrong = int((sampler(moved(case, device)).ids.cpu() != wanted.ids).sum())
        if wrong:
            yield f"{case.name}: {wrong} of {wanted.ids.numel()} tokens"


def wrong_steering(device: str) -> Iterator[str]:
    """The cases in which the router bias differs from torch's by more than a step of the logits' dtype."""
    for case in router_bias.all_cases():
        here, there = case.logits.clone(), moved(case, device)
        steer_with_torch(here, *case.profile_arguments)
        steer_with_triton(there.logits, *there.profile_arguments)
        step = max(torch.finfo(here.dtype).eps, 1e-6)
        if not torch.allclose(there.logits.cpu().float(), here.float(), rtol=step, atol=step):
            yield case.name


def read_gb_per_s() -> float:
    """What a reduction of 4 GiB of bfloat16 reads, in 10^9 bytes a second: the floor under everything here."""
    numbers = torch.zeros(2 << 30, dtype=torch.bfloat16, device="cuda")
    return numbers.nbytes / 1e6 / median_ms(numbers.amax, 1)


def median_ms(call: Callable[[], object], calls: int) -> float:
    """Median milliseconds of one of so many calls that are captured in a CUDA graph and replayed."""
    call()
    torch.cuda.synchronize()
    graph, times = torch.cuda.CUDAGraph(), list[float]()
    with torch.cuda.graph(graph):
        call()
    for _ in range(REPLAYS):
        start, end = _event(), _event()
        start.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end) / calls)
    return median(times)


def _event() -> torch.cuda.Event:
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]


def timing(cell: Cell, gb_per_s: float, library: ctypes.CDLL | None) -> dict[str, Any]:
    """Milliseconds of a cell, and the floor: its logits read once."""
    case, workload = moved(cell.case(torch.bfloat16), "cuda"), cell.workload
    count = len(workload.filters)
    copies = [case.logits.clone() for _ in range(-(-CACHES // case.logits.nbytes))]
    ranked = is_ranked(case)

    def by_triton() -> None:
        for copy in copies:
            _sample(case, copy, workload.logprobs, ranked)

    def by_cuda() -> None:
        for copy in copies:
            assert library is not None
            _sample_in_one_launch(library, case, copy, workload.logprobs)

    ms = {"floor": case.logits.nbytes / gb_per_s / 1e6, "Triton": median_ms(by_triton, len(copies))}
    if library is not None and not ranked:
        ms["CUDA"] = median_ms(by_cuda, len(copies))
    if cell.batch * count <= MOST_PEER_ROWS:
        rows = case.logits.repeat_interleave(count, dim=0)
        draw = torch_chain(case, logprobs=workload.logprobs)
        ms["torch"] = median_ms(lambda: draw(rows), 1)
    return {
        "workload": workload.name,
        "draws": count,
        "vocabulary": cell.vocabulary,
        "batch": cell.batch,
        "ms": ms,
    }


def main() -> None:
    """Checks first: what draws wrong tokens is not timed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="every cell as JSON")
    out = parser.parse_args().out
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    library, cases = built_for_this_gpu(), all_cases(1_000)
    wrong = [*wrong_tokens(cases, with_triton, "cuda"), *wrong_steering("cuda")]
    if library is None:
        print("no nvcc, or no clusters: without the CUDA C++ kernel")
    else:
        unranked = [case for case in cases if not is_ranked(case)]
        wrong += wrong_tokens(
            unranked, lambda case: _sample_in_one_launch(library, case, case.logits, True), "cuda"
        )
    if wrong:
        raise SystemExit("\n".join(["wrong:", *wrong]))
    gb_per_s = read_gb_per_s()
    print(f"reads {gb_per_s:.0f} GB/s")
    print(
        "| workload | draws | vocabulary | batch | floor, µs | Triton, µs | CUDA, µs | of the floor | torch, µs |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    timings = []
    for cell in cells(VOCABULARIES, BATCHES, (1, 5)):
        timings.append(timing(cell, gb_per_s, library))
        print(_row(timings[-1]), flush=True)
    if out is not None:
        out.write_text(json.dumps({"read_gb_per_s": gb_per_s, "cells": timings}, indent=1))


def _row(timed: dict[str, Any]) -> str:
    ms = timed["ms"]
    size = f"{timed['workload']} | {timed['draws']} | {timed['vocabulary']} | {timed['batch']}"
    times = [f"{ms[who] * 1e3:.1f}" if who in ms else "–" for who in ("floor", "Triton", "CUDA")]
    of_floor = min(ms["Triton"], ms.get("CUDA", ms["Triton"])) / ms["floor"]
    return f"| {size} | {' | '.join(times)} | {of_floor:.2f} | {_peer(ms)} |"


def _peer(ms: dict[str, float]) -> str:
    return f"{ms['torch'] * 1e3:.0f}" if "torch" in ms else "not waited for"


if __name__ == "__main__":
    main()
