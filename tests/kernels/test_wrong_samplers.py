"""Deliberately wrong samplers: each must be rejected by the cases that the right ones pass."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import kernels.sample.reference as right
from kernels.sample import Draws, Masks, Samples
from kernels.sample.cases import all_cases
from kernels.sample.noise import noise_key
from kernels.sample.reference import Filters, Floats
from tests.kernels.sample_checks import Sampler, compare, disagreements, run

Order = NDArray[np.intp]


def with_draws(change: Callable[[Draws], Draws]) -> Sampler:
    return lambda logits, draws, seeds, positions, masks: right.reference(
        logits, change(draws), seeds, positions, masks
    )


def with_logits(change: Callable[[Tensor], Tensor]) -> Sampler:
    return lambda logits, draws, seeds, positions, masks: right.reference(
        change(logits), draws, seeds, positions, masks
    )


def with_masks(change: Callable[[Masks], Masks | None]) -> Sampler:
    return lambda logits, draws, seeds, positions, masks: right.reference(
        logits, draws, seeds, positions, masks and change(masks)
    )


def _without_last_tile(logits: Tensor) -> Tensor:
    kept = logits.clone()
    kept[:, max(1, logits.shape[1] // 256 * 256) :] = -torch.inf
    return kept


def _reversed_bits(words: Tensor) -> Tensor:
    octets = np.packbits(np.unpackbits(words.numpy().view(np.uint8)), bitorder="little")
    return torch.from_numpy(octets.view(np.int32).reshape(words.shape))


def _all_rows_alike(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
) -> Samples:
    return right.reference(logits, draws, seeds[:1].expand_as(seeds), positions, masks)


def _without_positions(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
) -> Samples:
    return right.reference(logits, draws, seeds, torch.zeros_like(positions), masks)


def _with_masked_logprobs(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
) -> Samples:
    rows = [torch.tensor(right.masked(right.cleaned(row), masks, i)) for i, row in enumerate(logits)]
    return right.reference(torch.stack(rows) if rows else logits, draws, seeds, positions, masks)


WRONG_CALLS: dict[str, Sampler] = {
    "always greedy": with_draws(lambda d: replace(d, temperature=d.temperature.clamp(max=0))),
    "never greedy": with_draws(lambda d: replace(d, temperature=d.temperature.abs().clamp(min=0.01))),
    "no temperature": with_draws(lambda d: replace(d, temperature=d.temperature.sign())),
    "no min-p": with_draws(lambda d: replace(d, min_p=torch.zeros_like(d.min_p))),
    "min-p before temperature": with_draws(
        lambda d: replace(d, min_p=d.min_p ** (1 / d.temperature.clamp(min=0.01)))
    ),
    "no top-nσ": with_draws(lambda d: replace(d, top_n_sigma=torch.zeros_like(d.top_n_sigma))),
    "one more for top-k": with_draws(lambda d: replace(d, top_k=d.top_k + (d.top_k > 0).int())),
    "no top-p": with_draws(lambda d: replace(d, top_p=torch.ones_like(d.top_p))),
    "the last tile forgotten": with_logits(_without_last_tile),
    "NaN as zero": with_logits(lambda x: x.nan_to_num(0.0, torch.inf, -torch.inf)),
    "infinity as nothing": with_logits(lambda x: torch.where(x == torch.inf, -torch.inf, x)),
    "rounded to bfloat16": with_logits(lambda x: x.bfloat16()),
    "no masks": with_masks(lambda m: None),
    "no grammar": with_masks(lambda m: replace(m, grammar=None)),
    "bits in the wrong order": with_masks(lambda m: replace(m, languages=_reversed_bits(m.languages))),
    "the first language for all": with_masks(
        lambda m: replace(m, language_of_row=m.language_of_row.clamp(max=0))
    ),
    "soft masks as hard": with_masks(lambda m: replace(m, penalty=torch.full_like(m.penalty, torch.inf))),
    "one seed for all rows": _all_rows_alike,
    "position forgotten": _without_positions,
    "log-probabilities after masking": _with_masked_logprobs,
}


def _ties_by_highest_id(x: Floats, filters: Filters) -> Order:
    mirrored: Order = len(x) - 1 - _kept(x[::-1], filters)
    return mirrored


def _top_p_without_the_token_that_reaches_it(x: Floats, filters: Filters) -> Order:
    order = _kept(x, filters)
    return order[:-1] if filters.top_p < 1 and len(order) > 1 else order


def _top_p_of_the_whole_row(x: Floats, filters: Filters) -> Order:
    return np.intersect1d(
        _kept(x, replace(filters, top_p=1.0)), _kept(x, Filters(filters.temperature, top_p=filters.top_p))
    )


def _top_p_at_temperature_one(x: Floats, filters: Filters) -> Order:
    order = _kept(x, replace(filters, top_p=1.0))
    weight = np.exp(x[order] - x[order[0]])
    return order[: int(np.searchsorted(weight.cumsum(), filters.top_p * weight.sum())) + 1]


def _top_k_with_ties(x: Floats, filters: Filters) -> Order:
    order = _kept(x, filters)
    return np.flatnonzero(x >= x[order[-1]]) if filters.top_k and filters.top_p == 1 else order


_kept = right.kept
_masked = right.masked


def _keeping_an_empty_language(x: Floats, masks: Masks | None, row: int) -> Floats:
    if masks is None or masks.penalty[row] != torch.inf:
        return _masked(x, masks, row)
    allowed = right.grammar_of(masks, row, len(x)) & right.language_of(masks, row, len(x))
    return np.where(allowed, x, -np.inf)


WRONG_PARTS: dict[str, tuple[str, object]] = {
    "ties by highest id": ("kept", _ties_by_highest_id),
    "top-p one token short": ("kept", _top_p_without_the_token_that_reaches_it),
    "top-p of the whole row": ("kept", _top_p_of_the_whole_row),
    "top-p at temperature 1": ("kept", _top_p_at_temperature_one),
    "top-k with its ties": ("kept", _top_k_with_ties),
    "the same noise for every draw": (
        "noise_key",
        lambda seed, position, draw: noise_key(seed, position, 0),
    ),
    "an empty language kept": ("masked", _keeping_an_empty_language),
}


def rejected(sampler: Sampler) -> bool:
    with np.errstate(all="ignore"):
        return any(disagreements(case, sampler) for case in all_cases(1_000))


@pytest.mark.parametrize("wrong", WRONG_CALLS)
def test_a_sampler_that_misreads_its_arguments_is_rejected(wrong: str) -> None:
    assert rejected(WRONG_CALLS[wrong])


@pytest.mark.parametrize("wrong", WRONG_PARTS)
def test_a_sampler_with_a_wrong_rule_is_rejected(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = all_cases(1_000)
    wanted = [run(case, right.reference) for case in cases]
    name, rule = WRONG_PARTS[wrong]
    monkeypatch.setattr(right, name, rule)
    assert any(
        compare(case, run(case, right.reference), answer) for case, answer in zip(cases, wanted, strict=True)
    )
