from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kernels.sample import Draws, Masks, Samples, sample
from kernels.sample.cases import (
    GREEDY,
    HEDGED,
    Case,
    all_cases,
    make_case,
    normal_logits,
    peaked_logits,
    random_masks,
)
from kernels.sample.reference import Filters
from tests.kernels.sample_checks import disagreements, fit, on_this_device, rows_of, run

CASES = pytest.mark.parametrize("case", all_cases(1_000), ids=lambda case: case.name)

FILTERS = st.builds(
    Filters,
    temperature=st.sampled_from([0.0, -1.0]) | st.floats(2**-6, 20, width=32),
    min_p=st.just(0.0) | st.floats(2**-10, 1, width=32),
    top_n_sigma=st.just(0.0) | st.floats(0.125, 4, width=32),
    top_k=st.integers(0, 400),
    top_p=st.just(1.0) | st.floats(0.001, 0.999),
)


@CASES
def test_every_case_agrees_with_the_reference(case: Case) -> None:
    assert not disagreements(case, on_this_device)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_whole_vocabulary_agrees_with_the_reference(dtype: torch.dtype) -> None:
    filters = [
        *HEDGED,
        Filters(1.0),
        Filters(0.7, top_p=0.9),
        Filters(2.0, top_k=2_000),
        Filters(1.5, top_n_sigma=2),
    ]
    masks = random_masks(4, 151_936)
    for logits in (normal_logits(4, 151_936, dtype), peaked_logits(4, 151_936, dtype)):
        assert not disagreements(make_case("a vocabulary", logits, filters, masks), on_this_device)


@given(
    filters=st.lists(FILTERS, min_size=1, max_size=4),
    vocabulary=st.integers(1, 700),
    scale=st.sampled_from([0.0, 0.1, 1.0, 4.0, 50.0]),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
    share=st.sampled_from([None, 0.0, 0.02, 0.9]),
    penalty=st.sampled_from([torch.inf, 0.0, 2.5]),
)
@settings(deadline=None, max_examples=150)
def test_whatever_is_asked_agrees_with_the_reference(
    filters: list[Filters],
    vocabulary: int,
    scale: float,
    dtype: torch.dtype,
    share: float | None,
    penalty: float,
) -> None:
    masks = None if share is None else random_masks(5, vocabulary, share=share, penalty=penalty)
    case = make_case("anything", normal_logits(5, vocabulary, dtype, scale=scale), filters, masks)
    assert not disagreements(case, on_this_device)


@given(rows=st.lists(st.integers(0, 7), max_size=12))
@settings(deadline=None, max_examples=30)
def test_a_row_gives_the_same_in_every_batch_and_slot(rows: list[int]) -> None:
    masks = random_masks(8, 1_000)
    case = make_case("batch", normal_logits(8, 1_000), [*HEDGED, Filters(1.0), Filters(1.0, top_k=9)], masks)
    assert torch.equal(run(rows_of(case, rows), on_this_device).ids, run(case, on_this_device).ids[rows])


def test_the_number_of_threads_does_not_matter() -> None:
    case = make_case("threads", normal_logits(9, 151_936), HEDGED)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = run(case, on_this_device)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(alone.ids, run(case, on_this_device).ids)


def test_seed_position_and_draw_each_change_the_noise() -> None:
    case = make_case("noise", torch.zeros(1, 1_000).expand(30, -1), [Filters(1.0)] * 3)
    ids = run(case, on_this_device).ids
    assert (ids[:, 0] != ids[:, 1]).sum() > 25
    for other in (replace(case, seeds=case.seeds + 1), replace(case, positions=case.positions + 1)):
        assert (run(other, on_this_device).ids != ids).sum() > 80


def test_without_logprobs_the_tokens_are_the_same() -> None:
    for case in all_cases(1_000):
        bare = sample(case.logits, case.draws, case.seeds, case.positions, case.masks, logprobs=False)
        assert bare.logprobs is None
        assert torch.equal(bare.ids, run(case, on_this_device).ids)


def test_the_logits_stay_as_they_were() -> None:
    logits = normal_logits(3, 1_000)
    before = logits.clone()
    run(make_case("unchanged", logits, HEDGED, random_masks(3, 1_000)), on_this_device)
    assert torch.equal(logits, before)


DISTRIBUTIONS = [
    Filters(1.0),
    Filters(0.6),
    Filters(2.5),
    Filters(1.2, min_p=0.08),
    Filters(1.0, top_n_sigma=1.5),
    Filters(1.0, top_k=20),
    Filters(1.3, top_p=0.8),
    Filters(1.5, min_p=0.02, top_k=60, top_p=0.9),
]


@pytest.mark.parametrize("filters", DISTRIBUTIONS, ids=str)
def test_tokens_are_drawn_as_often_as_they_should_be(filters: Filters) -> None:
    assert fit(on_this_device, normal_logits(1, 600)[0], filters, rows=10_000, draws=4) > 1e-4


@pytest.mark.parametrize("filters", DISTRIBUTIONS, ids=str)
def test_a_hotter_sampler_is_found_out(filters: Filters) -> None:
    """The power of the test above: a temperature that is off by a tenth must not pass."""

    def hotter(
        logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
    ) -> Samples:
        off = replace(draws, temperature=draws.temperature * 1.1)
        return on_this_device(logits, off, seeds, positions, masks)

    x = normal_logits(1, 600)[0]
    assert fit(hotter, x, filters, rows=10_000, draws=4) < 1e-6


def test_improbable_tokens_are_drawn_as_often_as_they_should_be() -> None:
    """A token, and 129,280 that are 16 nats below it: one in 70 draws is theirs, and noise of few bits loses it."""
    x = torch.zeros(129_281)
    x[70_000] = 16.0
    samples = sample(
        x.expand(200, -1),
        make_case("tail", x.expand(200, -1), [Filters(1.0)] * 40).draws,
        torch.arange(200),
        torch.zeros(200, dtype=torch.int64),
        logprobs=False,
    )
    tail = 129_280 / (129_280 + 2.718281828459045**16.0)
    drawn, expected = int((samples.ids != 70_000).sum()), 8_000 * tail
    assert abs(drawn - expected) < 4 * expected**0.5
    assert len(set(samples.ids.flatten().tolist())) > drawn * 0.9


def test_cold_draws_become_greedy() -> None:
    case = make_case("cold", normal_logits(20, 1_000), [GREEDY, Filters(1e-6), Filters(3.0, top_k=1)])
    ids = run(case, on_this_device).ids
    assert (ids == ids[:, :1]).all()
