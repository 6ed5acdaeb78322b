"""The parts of `benchmarks.kernels.cuda`, each in a process of its own, as a faulty kernel spoils all that follow it.

python -m benchmarks.kernels.cuda_parts PART FOLDER [--tiny]

Prints what it finds, a line of JSON for each finding.
"""

import argparse
import ctypes
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

import kernels.router_bias.cases as router_bias
from benchmarks.kernels.cuda_clock import copied_gb_per_s, launched_ms, median_ms, read_gb_per_s
from benchmarks.kernels.cuda_samplers import disagreement, moved, samplers_for
from benchmarks.kernels.torch_chain import torch_chain
from benchmarks.kernels.workloads import Cell, Workload, workloads
from kernels.router_bias._torch import steer_with_torch
from kernels.router_bias._triton import steer_with_triton
from kernels.sample._cuda import build
from kernels.sample.cases import Case, all_cases, random_masks

Finding = dict[str, Any]

VOCABULARIES = (151_936, 262_144)
BATCHES = (1, 8, 32, 128, 512)
CACHES = 256 << 20
"""Bytes of logits that are read in turns: several times what the second cache of any GPU holds."""

MOST_PEER_ROWS = 1_024
"""Rows beyond which torch, which sorts all of them, is not waited for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts run: on a GPU, or, to try them, on the CPU under Triton's interpreter with tiny sizes.

    folder: has the compiled CUDA C++ kernel, once `machine` has run.
    """

    folder: Path
    is_tiny: bool

    @property
    def device(self) -> str:
        """As torch calls it."""
        return "cpu" if self.is_tiny else "cuda"

    def library(self) -> ctypes.CDLL | None:
        """The CUDA C++ kernel; None where it could not be built."""
        found = next(self.folder.glob("*.so"), None)
        return None if found is None else ctypes.CDLL(str(found))

    def cases(self) -> list[Case]:
        """What the tests draw."""
        return all_cases(300)[::8] if self.is_tiny else all_cases(1_000)


def machine(place: Place) -> Iterator[Finding]:
    """What this is, how fast its memory is, and whether the CUDA C++ kernel can be built."""
    if place.is_tiny:
        yield {"finding": "machine", "name": "CPU, tiny", "torch": torch.__version__}
    else:
        yield {"finding": "machine", "name": torch.cuda.get_device_name(), "torch": torch.__version__}
    numbers = torch.zeros(
        (1 << 10) if place.is_tiny else (2 << 30), dtype=torch.bfloat16, device=place.device
    )
    yield {"finding": "bandwidth", "read": read_gb_per_s(numbers), "copied": copied_gb_per_s(numbers)}
    if place.is_tiny:
        return
    major, minor = torch.cuda.get_device_capability()
    if shutil.which("nvcc") is None or major < 9:
        yield {"finding": "error", "of": "CUDA C++", "what": "no nvcc, or a GPU without clusters"}
        return
    began = time.monotonic()
    build(place.folder, major * 10 + minor)
    yield {"finding": "built", "seconds": time.monotonic() - began}


def tokens(place: Place) -> Iterator[Finding]:
    """Every sampler against the float64 reference, over the cases of the tests."""
    library = place.library()
    for case in place.cases():
        for name, sampler in samplers_for(case, library).items():
            what = _outcome(partial(disagreement, case, sampler, place.device), place)
            yield {"finding": "tokens", "kernel": name, "case": case.name, "wrong": what}


def steering(place: Place) -> Iterator[Finding]:
    """The router bias against torch's, to within a step of the logits' dtype."""
    for case in router_bias.all_cases():
        what = _outcome(partial(_steered_differently, case, place.device), place)
        yield {"finding": "tokens", "kernel": "router bias", "case": case.name, "wrong": what}


def _steered_differently(case: router_bias.Case, device: str) -> str:
    here, there = case.logits.clone(), moved(case, device)
    steer_with_torch(here, *case.profile_arguments)
    steer_with_triton(there.logits, *there.profile_arguments)
    step = max(torch.finfo(here.dtype).eps, 1e-6)
    close = torch.allclose(there.logits.cpu().float(), here.float(), rtol=step, atol=step)
    return "" if close else f"by {float((there.logits.cpu().float() - here.float()).abs().max()):.1e}"


def _outcome(check: Callable[[], str], place: Place) -> str:
    """What a check says, or how it failed. A GPU that is out of order after that ends the process."""
    try:
        return check()
    except Exception as error:
        _must_still_work(place)
        return f"{type(error).__name__}: {str(error)[:300]}"


def _must_still_work(place: Place) -> None:
    if place.device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


def timed(workload: Workload, masked: bool, place: Place) -> Iterator[Finding]:
    """A workload at every size."""
    library = place.library()
    vocabularies, batches = ((600,), (1, 2)) if place.is_tiny else (VOCABULARIES, BATCHES)
    for cell in (Cell(workload, size, batch) for size in vocabularies for batch in batches):
        yield _timed_cell(cell, masked, library, place)


def _timed_cell(cell: Cell, masked: bool, library: ctypes.CDLL | None, place: Place) -> Finding:
    here, logprobs = cell.case(torch.bfloat16), cell.workload.logprobs
    if masked:
        here = replace(here, masks=random_masks(cell.batch, cell.vocabulary))
    case, count, times = moved(here, place.device), len(cell.workload.filters), Times(place)
    copies = [case.logits.clone() for _ in range(_copies(case, place))]
    for name, sampler in samplers_for(here, library).items():
        times.check(name, partial(disagreement, _first_row(here), sampler, place.device))
        times.measure(name, [partial(sampler, case, copy, logprobs) for copy in copies])
    if not masked and cell.batch * count <= MOST_PEER_ROWS:
        rows = case.logits.repeat_interleave(count, dim=0)
        times.measure("torch", [partial(torch_chain(case, logprobs=logprobs), rows)])
    return {
        "finding": "cell",
        "workload": cell.workload.name + (", language" if masked else ""),
        "draws": count,
        "vocabulary": cell.vocabulary,
        "batch": cell.batch,
        "read_bytes": here.logits.nbytes,
        "ms": times.ms,
        "wrong": times.wrong,
    }


@dataclass(frozen=True, slots=True)
class Times:
    """Of a cell, by who was called; `wrong` where the draws of one were, or where it failed."""

    place: Place
    ms: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def check(self, name: str, check: Callable[[], str]) -> None:
        """Notes what a check says."""
        if what := _outcome(check, self.place):
            self.wrong[name] = what

    def measure(self, name: str, calls: Sequence[Callable[[], object]]) -> None:
        """Times one of some calls, replayed from a graph, and launched one after another."""

        def replayed() -> str:
            self.ms[name] = median_ms(lambda: _call_all(calls), len(calls), self.place.device)
            return ""

        def launched() -> str:
            self.ms[f"{name}, launched"] = launched_ms(lambda: _call_all(calls), len(calls))
            return ""

        self.check(f"{name}, time", replayed)
        self.check(f"{name}, launched, time", launched)


def _call_all(calls: Sequence[Callable[[], object]]) -> None:
    for call in calls:
        call()


def _copies(case: Case, place: Place) -> int:
    return 2 if place.is_tiny else -(-CACHES // case.logits.nbytes)


def _first_row(case: Case) -> Case:
    masks = case.masks and replace(
        case.masks, language_of_row=case.masks.language_of_row[:1], penalty=case.masks.penalty[:1]
    )
    names = ("temperature", "min_p", "top_n_sigma", "top_k", "top_p")
    draws = replace(case.draws, **{name: getattr(case.draws, name)[:1] for name in names})
    return Case(case.name, case.logits[:1], draws, case.seeds[:1], case.positions[:1], masks)


def parts() -> dict[str, Callable[[Place], Iterator[Finding]]]:
    """By name, in the order in which they are wanted most."""
    hedged, one = workloads(5), workloads(1)
    named: dict[str, Callable[[Place], Iterator[Finding]]] = {
        "machine": machine,
        "tokens": tokens,
        "steering": steering,
    }
    for workload, masked in (
        (hedged[0], False),
        (one[0], False),
        (hedged[0], True),
        *((each, False) for pair in zip(one[1:], hedged[1:], strict=True) for each in pair),
    ):
        title = f"{workload.name}, {len(workload.filters)} draws" + (", language" if masked else "")
        named[title] = partial(timed, workload, masked)
    return named


def main() -> None:
    """Runs one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    for finding in parts()[asked.part](Place(asked.folder, asked.tiny)):
        print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main()
