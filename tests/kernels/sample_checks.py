"""What every implementation of `sample` must pass, whatever it runs on."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kernels.sample import Draws, Logprobs, Masks, Samples, sample
from kernels.sample.cases import Case, draws_of
from kernels.sample.reference import Filters, reference
from tests.kernels.statistics_checks import p_value

Sampler = Callable[[Tensor, Draws, Tensor, Tensor, Masks | None], Samples]

LOGPROB_TOLERANCE = 1e-5
"""Absolute near zero, relative beyond 1: single precision sums, of a quarter of a million numbers."""


def on_this_device(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
) -> Samples:
    return sample(logits, draws, seeds, positions, masks, logprobs=True)


def run(case: Case, sampler: Sampler) -> Samples:
    return sampler(case.logits, case.draws, case.seeds, case.positions, case.masks)


def disagreements(case: Case, sampler: Sampler) -> list[str]:
    """What differs from the reference: tokens at all, log-probabilities by more than rounding."""
    got, wanted = run(case, sampler), run(case, reference)
    return compare(case, got, wanted)


def compare(case: Case, got: Samples, wanted: Samples) -> list[str]:
    wrong = [
        f"{case.name}: row {row}, draw {draw}" for row, draw in (got.ids != wanted.ids).nonzero().tolist()
    ]
    assert got.logprobs is not None
    assert wanted.logprobs is not None
    for name in Logprobs._fields:
        ours, theirs = getattr(got.logprobs, name).double(), getattr(wanted.logprobs, name).double()
        if not torch.allclose(ours, theirs, rtol=LOGPROB_TOLERANCE, atol=LOGPROB_TOLERANCE):
            wrong.append(f"{case.name}: {name} {ours.flatten()[:8]} instead of {theirs.flatten()[:8]}")
    return wrong


def probabilities(x: Tensor, filters: Filters) -> NDArray[np.float64]:
    """Of each token, from the definitions of the filters on probabilities: nothing shared with the reference."""
    p = torch.softmax(x.double() / filters.temperature, dim=0)
    if filters.min_p:
        p = p * (p >= filters.min_p * p.max())
    if filters.top_n_sigma:
        p = p * (x.double() >= x.double().max() - filters.top_n_sigma * x.double().std(correction=0))
    if filters.top_k:
        p = p * (p >= p.sort(descending=True).values[filters.top_k - 1])
    p = p / p.sum()
    if filters.top_p < 1:
        ordered = p.sort(descending=True).values
        before = ordered.cumsum(0) - ordered
        p = p * (p >= ordered[before < filters.top_p].min())
    shares: NDArray[np.float64] = (p / p.sum()).numpy()
    return shares


def fit(sampler: Sampler, x: Tensor, filters: Filters, *, rows: int, draws: int) -> float:
    """p-value of so many draws from one row of logits, each row with a seed of its own."""
    samples = sampler(
        x.expand(rows, -1),
        draws_of(rows, [filters] * draws),
        torch.arange(rows),
        torch.full((rows,), 17),
        None,
    )
    counts = torch.bincount(samples.ids.flatten(), minlength=len(x)).numpy()
    expected = probabilities(x, filters)
    return 0.0 if counts[expected == 0].any() else p_value(counts, expected)


def rows_of(case: Case, rows: Sequence[int]) -> Case:
    """Some rows of a case, in any order, any of them more than once."""
    index = torch.tensor(rows, dtype=torch.int64)
    draws = Draws(*(getattr(case.draws, name)[index] for name in Draws.__dataclass_fields__))
    masks = case.masks and replace(
        case.masks,
        language_of_row=case.masks.language_of_row[index],
        penalty=case.masks.penalty[index],
        grammar=None if case.masks.grammar is None else case.masks.grammar[index],
    )
    return Case(case.name, case.logits[index], draws, case.seeds[index], case.positions[index], masks)
