"""Time on a GPU: of calls in a captured graph, as an engine replays them, and launched one after another."""

import time
from collections.abc import Callable
from statistics import median

import torch

REPLAYS = (3, 50)
"""At least and at most."""

BUDGET_MS = 40.0
"""What replays of one graph take together, where the least number of them is not more."""

GRAPH_MS = 4.0
"""What the calls of one graph take together, where one of them does not take more."""

FLUSHED = 256 << 20
"""Bytes that are written before each replay: several times what the second cache of any GPU holds."""


def replays(first_ms: float) -> int:
    """How often a graph is replayed whose first replay took so long."""
    least, most = REPLAYS
    return max(least, min(most, int(BUDGET_MS / max(first_ms, 1e-6))))


def calls_in_graph(call_ms: float) -> int:
    """How many calls that take so long are worth putting into one graph, whose start takes some microseconds."""
    return max(1, int(GRAPH_MS / max(call_ms, 1e-6)))


def median_ms(call: Callable[[], object], calls: int, device: str = "cuda") -> float:
    """Median milliseconds of one of so many calls that are captured in a CUDA graph and replayed with cold caches.

    On the CPU, where the benchmark itself is tried, of one run of them.
    """
    call()
    if device == "cpu":
        return _wall_ms(call) / calls
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    flushed = torch.empty(FLUSHED, dtype=torch.uint8, device=device)
    first_ms = _replay_ms(graph, flushed)
    return median(_replay_ms(graph, flushed) for _ in range(replays(first_ms))) / calls


def launched_ms(call: Callable[[], object], calls: int) -> float:
    """The same without a graph, on the wall clock: what an engine pays that captures no sampling. Least of three."""
    return min(_wall_ms(call) for _ in range(3)) / calls


def _wall_ms(call: Callable[[], object]) -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.perf_counter()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - began) * 1000


def _replay_ms(graph: torch.cuda.CUDAGraph, flushed: torch.Tensor) -> float:
    start, end = _event(), _event()
    flushed.zero_()
    start.record()
    graph.replay()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end))


def _event() -> torch.cuda.Event:
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]


def read_gb_per_s(numbers: torch.Tensor) -> float:
    """What a reduction reads, in 10^9 bytes a second."""
    return numbers.nbytes / 1e6 / median_ms(numbers.amax, 1, numbers.device.type)


def copied_gb_per_s(numbers: torch.Tensor) -> float:
    """What a copy reads and writes together."""
    there = torch.empty_like(numbers)
    return 2 * numbers.nbytes / 1e6 / median_ms(lambda: there.copy_(numbers), 1, numbers.device.type)
