"""Ranks of drawn tokens, which come with log-probabilities, on the CPU without a compiler."""

import warnings
from typing import Any

import pytest
import torch

from gateway.vllm.sampling.v1_runner import ranks


@pytest.fixture
def vllm_sampler(monkeypatch: pytest.MonkeyPatch) -> Any:
    """vLLM's sampler with our ranks; importing it makes parts of torch warn of other parts."""
    with warnings.catch_warnings(action="ignore"):
        from vllm.v1.sample import sampler
    monkeypatch.setattr(sampler, "batched_count_greater_than", ranks)
    return sampler


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_vllm_gathers_log_probabilities_with_them(vllm_sampler: Any, rows: int) -> None:
    logprobs = torch.randn(rows, 97, generator=torch.Generator().manual_seed(rows)).log_softmax(-1)
    drawn = torch.arange(rows) * 7
    gathered = vllm_sampler.Sampler().gather_logprobs(logprobs, 0, token_ids=drawn)
    order = logprobs.argsort(-1, descending=True)
    places = [order[row].tolist().index(int(token)) + 1 for row, token in enumerate(drawn)]
    assert gathered.selected_token_ranks.tolist() == places
    assert gathered.logprobs[:, 0].tolist() == [
        logprobs[row, token].item() for row, token in enumerate(drawn)
    ]


def test_equal_tokens_share_the_last_place_among_them() -> None:
    logprobs = torch.tensor([[-1.0, -1.0, -3.0, -2.0]])
    assert ranks(logprobs, torch.tensor([[-1.0]])).tolist() == [2]
    assert ranks(logprobs, torch.tensor([[-3.0]])).tolist() == [4]


def test_what_is_no_number_is_at_least_nothing() -> None:
    logprobs = torch.tensor([[-1.0, torch.nan, -torch.inf], [torch.nan, -2.0, -2.0]])
    assert ranks(logprobs, torch.tensor([[-torch.inf], [torch.nan]])).tolist() == [2, 0]


def test_rows_may_lie_apart_and_there_may_be_none() -> None:
    logprobs = torch.arange(-12.0, 0).reshape(3, 4).T
    assert ranks(logprobs, logprobs[:, 1:2]).tolist() == [2, 2, 2, 2]
    assert ranks(logprobs[:0], logprobs[:0, :1]).tolist() == []
