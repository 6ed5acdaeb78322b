from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.kernels.cuda_place import Place
from benchmarks.kernels.cuda_samplers import disagreement, wanted_of
from benchmarks.kernels.cuda_times import Times
from benchmarks.kernels.torch_chain import torch_chain
from kernels.sample import Samples, sample
from kernels.sample.cases import Case, all_cases

PLACE = Place(Path("folder"), is_tiny=True)
HEDGED = all_cases(1_000)[0]
ROWS = [HEDGED.logits.repeat_interleave(HEDGED.draws.temperature.shape[1], dim=0)] * 2


def by_cpu(case: Case, logits: Tensor, logprobs: bool) -> Samples:
    return sample(logits, case.draws, case.seeds, case.positions, case.masks, logprobs=logprobs)


def test_a_sampler_that_draws_other_tokens_is_told_of() -> None:
    def colder(case: Case, logits: Tensor, logprobs: bool) -> Samples:
        draws = replace(case.draws, temperature=case.draws.temperature * 0.5)
        return by_cpu(replace(case, draws=draws), logits, logprobs)

    wanted = wanted_of(HEDGED)
    assert disagreement(HEDGED, wanted, by_cpu, "cpu") == ""
    assert "tokens" in disagreement(HEDGED, wanted, colder, "cpu")


def broken() -> object:
    raise RuntimeError("an illegal instruction was encountered")


def test_one_that_fails_loses_neither_its_point_nor_the_others() -> None:
    times = Times(PLACE)
    times.measure("broken", [broken])
    times.measure("whole", [lambda: torch.zeros(3), lambda: torch.zeros(3)])
    assert set(times.ms) == {"whole", "whole, launched"}
    assert set(times.wrong) == {"broken, time"}
    assert "illegal instruction" in times.wrong["broken, time"]


def timed_peer(chain: Callable[[], Callable[[Tensor], Tensor]]) -> Times:
    times = Times(PLACE)
    times.measure_peer("peer", chain, HEDGED, ROWS)
    return times


def test_a_peer_that_draws_what_was_asked_for_is_timed() -> None:
    times = timed_peer(lambda: torch_chain(HEDGED, logprobs=True))
    assert set(times.ms) == {"peer", "peer, launched"}
    assert not times.failed


def test_one_that_does_not_is_not_timed_and_nothing_of_ours_is_wrong() -> None:
    times = timed_peer(lambda: lambda rows: rows.argmin(dim=-1))
    assert not times.ms
    assert not times.wrong
    assert "draws what the filters do not leave" in times.failed["peer"]


def test_one_that_is_broken_is_told_of() -> None:
    times = timed_peer(lambda: lambda rows: broken())  # type: ignore[arg-type, return-value]
    assert "illegal instruction" in times.failed["peer"]
    assert not times.ms
