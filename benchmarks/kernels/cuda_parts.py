"""The parts of `benchmarks.kernels.cuda`, each in a process of its own, as a faulty kernel spoils all that follow it.

python -m benchmarks.kernels.cuda_parts PART FOLDER [--tiny] [--first N] [--last N]

Prints what it finds, a line of JSON for each finding.
"""

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
import triton

import kernels.router_bias.cases as router_bias
from benchmarks.kernels.cuda_clock import copied_gb_per_s, read_gb_per_s
from benchmarks.kernels.cuda_grid import grid
from benchmarks.kernels.cuda_peers import CHAINS, first_calls, missing, usable
from benchmarks.kernels.cuda_place import Finding, Place
from benchmarks.kernels.cuda_samplers import disagreement, moved, samplers_for, wanted_of
from benchmarks.kernels.cuda_times import timed
from kernels.router_bias._torch import steer_with_torch
from kernels.router_bias._triton import steer_with_triton
from kernels.sample._cuda import build


def machine(place: Place) -> Iterator[Finding]:
    """What this is, who is there to compare with, how fast memory is, and whether the CUDA C++ kernel can be built."""
    if not place.is_tiny and not torch.cuda.is_available():
        yield {"finding": "error", "of": "machine", "what": f"torch {torch.__version__} finds no GPU here"}
        return
    absent = missing()
    yield {
        "finding": "machine",
        "name": "CPU, tiny" if place.is_tiny else torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "triton": triton.__version__,
        "peers": [name for name in CHAINS if name not in absent],
        "missing": absent,
    }
    numbers = torch.zeros(
        (1 << 10) if place.is_tiny else (1 << 30), dtype=torch.bfloat16, device=place.device
    )
    yield {"finding": "bandwidth", "read": read_gb_per_s(numbers), "copied": copied_gb_per_s(numbers)}
    if not place.is_tiny:
        yield from _built(place)


def _built(place: Place) -> Iterator[Finding]:
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
        wanted = wanted_of(case)
        for name, sampler in samplers_for(case, library).items():
            what = place.outcome(partial(disagreement, case, wanted, sampler, place.device))
            yield {"finding": "tokens", "kernel": name, "case": case.name, "wrong": what}


def steering(place: Place) -> Iterator[Finding]:
    """The router bias against torch's, to within a step of the logits' dtype."""
    for case in router_bias.all_cases():
        what = place.outcome(partial(_steered_differently, case, place.device))
        yield {"finding": "tokens", "kernel": "router bias", "case": case.name, "wrong": what}


def _steered_differently(case: router_bias.Case, device: str) -> str:
    moved_there = moved(case, device)
    here = steer_with_torch(case.logits, *case.profile_arguments)
    there = steer_with_triton(moved_there.logits, *moved_there.profile_arguments).cpu()
    step = max(torch.finfo(here.dtype).eps, 1e-6)
    close = torch.allclose(there.float(), here.float(), rtol=step, atol=step)
    return "" if close else f"by {float((there.float() - here.float()).abs().max()):.1e}"


def times(place: Place, first: int, last: int | None) -> Iterator[Finding]:
    """Points of the grid from the first to before the last, and the number of each."""
    library, chains = place.library(), usable(place)
    for number, point in list(enumerate(grid(tiny=place.is_tiny)))[first:last]:
        yield timed(point, chains, library, place) | {"number": number}


def main() -> None:
    """Runs one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["machine", "peers", "tokens", "steering", "times"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--first", type=int, default=0, help="of the points that are timed")
    parser.add_argument("--last", type=int, help="before which timing ends")
    asked = parser.parse_args()
    place = Place(asked.folder, asked.tiny)
    parts = {"machine": machine, "peers": first_calls, "tokens": tokens, "steering": steering}
    found = parts[asked.part](place) if asked.part in parts else times(place, asked.first, asked.last)
    for finding in found:
        print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main()
