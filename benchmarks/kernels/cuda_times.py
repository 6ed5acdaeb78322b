"""How long everybody takes on a GPU for one point of the grid, on the same logits in the same run."""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from torch import Tensor

from benchmarks.kernels.cuda_clock import calls_in_graph, launched_ms, median_ms
from benchmarks.kernels.cuda_grid import Point
from benchmarks.kernels.cuda_peers import Chain
from benchmarks.kernels.cuda_place import Finding, Place
from benchmarks.kernels.cuda_samplers import disagreement, moved, samplers_for, wanted_of
from benchmarks.kernels.support import outside_support
from kernels.sample.cases import Case

CALLS = 8
"""In a graph at most, each on logits of its own."""

MOST_BYTES = 1 << 30
"""Of logits of these calls together; at least one call is made."""


def timed(point: Point, chains: Mapping[str, Chain], library: ctypes.CDLL | None, place: Place) -> Finding:
    """Of a point: milliseconds by who was called, and what was wrong.

    Ours are held against the reference in their first row, and timed all the same. A peer that fails, or whose first
    row's tokens the filters do not leave, is not timed: it is in `failed`.
    """
    here = point.case()
    there, times = moved(here, place.device), Times(place)
    calls = 1 if place.is_tiny else max(1, min(CALLS, MOST_BYTES // here.logits.nbytes))
    copies = [there.logits.clone() for _ in range(calls)]
    first, wanted = _first_row(here), wanted_of(_first_row(here))
    for name, sampler in samplers_for(here, library).items():
        times.check(name, partial(disagreement, first, wanted, sampler, place.device))
        times.measure(name, [partial(sampler, there, copy, point.workload.logprobs) for copy in copies])
    if not point.is_masked:
        # A row for each draw, as an engine would have it.
        rows = [copy.repeat_interleave(point.draws, dim=0) for copy in copies]
        for name, chain in chains.items():
            times.measure_peer(name, partial(chain, there, logprobs=point.workload.logprobs), here, rows)
    return {
        "finding": "cell",
        "name": point.name,
        "workload": point.workload.name + (", language" if point.is_masked else ""),
        "draws": point.draws,
        "vocabulary": point.vocabulary,
        "batch": point.batch,
        "dtype": str(point.dtype).removeprefix("torch."),
        "read_bytes": here.logits.nbytes,
        "ms": times.ms,
        "wrong": times.wrong,
        "failed": times.failed,
    }


@dataclass(frozen=True, slots=True)
class Times:
    """By who was called; `wrong` where draws of ours were, or a measurement failed; `failed` for peers."""

    place: Place
    ms: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def check(self, name: str, check: Callable[[], str]) -> None:
        """Notes what a check says."""
        if what := self.place.outcome(check):
            self.wrong[name] = what

    def measure(self, name: str, calls: Sequence[Callable[[], object]]) -> None:
        """Times one of some calls, launched one after another, and replayed from a graph."""
        self.check(f"{name}, time", partial(self._timed, name, calls))

    def measure_peer(
        self,
        name: str,
        chain: Callable[[], Callable[[Tensor], Tensor]],
        case: Case,
        rows: Sequence[Tensor],
    ) -> None:
        """The same of a peer, given a row for each draw. case: of these rows, on the CPU."""

        def measured() -> str:
            draw = chain()
            if wrong := outside_support(case, draw(rows[0]).cpu()):
                return f"draws what the filters do not leave: {wrong}"
            return self._timed(name, [partial(draw, each) for each in rows])

        if what := self.place.outcome(measured):
            self.failed[name] = what

    def _timed(self, name: str, calls: Sequence[Callable[[], object]]) -> str:
        calls[0]()
        one_ms = launched_ms(calls[0], 1)
        some = calls[: calls_in_graph(one_ms)]
        all_of_them = partial(_call_all, some)
        self.ms[f"{name}, launched"] = one_ms if len(some) == 1 else launched_ms(all_of_them, len(some))
        self.ms[name] = median_ms(all_of_them, len(some), self.place.device)
        return ""


def _call_all(calls: Sequence[Callable[[], object]]) -> None:
    for call in calls:
        call()


def _first_row(case: Case) -> Case:
    masks = case.masks and replace(
        case.masks, language_of_row=case.masks.language_of_row[:1], penalty=case.masks.penalty[:1]
    )
    names = ("temperature", "min_p", "top_n_sigma", "top_k", "top_p")
    draws = replace(case.draws, **{name: getattr(case.draws, name)[:1] for name in names})
    return Case(case.name, case.logits[:1], draws, case.seeds[:1], case.positions[:1], masks)
