"""Sampling with FlashInfer, as vLLM calls it where it does, and as its documentation has it elsewhere."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kernels.sample.cases import Case

STREAM = {"seed": 20_251, "offset": 0}
"""Of the noise, for all rows: without, it asks the generator for its state, which it cannot in a graph."""


def flashinfer_chain(case: Case, *, logprobs: bool) -> Callable[[Tensor], Tensor]:
    """Draws one token from each row of logits [rows · draws, vocabulary], each with the filters of its draw.

    It knows no seeds of rows that hold in any batch, no greedy rows (an argmax beside it takes those) and no
    log-probabilities (torch's, without writing those of all tokens). vLLM calls it for top-k and top-p, where a batch
    has neither seeds nor greedy rows.

    Raises ImportError where it is not installed, and ValueError for min-p together with top-k or top-p.
    """
    from flashinfer import sampling

    draws, vocabulary = case.draws, case.logits.shape[1]
    temperature, min_p, top_p = (each.flatten() for each in (draws.temperature, draws.min_p, draws.top_p))
    top_k = torch.where(draws.top_k > 0, draws.top_k, vocabulary).flatten().int()
    has_min_p, has_top_k, has_top_p = (
        bool(each.any()) for each in (min_p > 0, top_k < vocabulary, top_p < 1)
    )
    if has_min_p and (has_top_k or has_top_p):
        raise ValueError("FlashInfer draws with min-p, or with top-k and top-p")
    is_greedy = temperature == 0
    divisor = torch.where(is_greedy, 1.0, temperature)
    all_greedy, any_greedy = bool(is_greedy.all()), bool(is_greedy.any())

    def hot(logits: Tensor) -> Tensor:
        if has_min_p:
            return _drawn(sampling.min_p_sampling_from_probs, sampling.softmax(logits, divisor), min_p)
        scaled = logits / divisor[:, None]
        if not has_top_k and not has_top_p:
            return _drawn(sampling.sampling_from_logits, scaled)
        if not has_top_k:
            return _drawn(sampling.top_p_sampling_from_probs, scaled.softmax(dim=-1), top_p)
        if not has_top_p:
            return _drawn(sampling.top_k_sampling_from_probs, scaled.softmax(dim=-1), top_k)
        return _drawn(sampling.top_k_top_p_sampling_from_logits, scaled, top_k, top_p)

    def draw(logits: Tensor) -> Tensor:
        if all_greedy:
            tokens = logits.argmax(dim=-1)
        else:
            tokens = hot(logits).long()
            tokens = torch.where(is_greedy, logits.argmax(dim=-1), tokens) if any_greedy else tokens
        if logprobs:
            logits.gather(1, tokens[:, None]).float() - logits.logsumexp(dim=-1, keepdim=True)
        return tokens

    return draw


def _drawn(sampler: Callable[..., Any], numbers: Tensor, *filters: Tensor) -> Tensor:
    tokens: Tensor = sampler(numbers, *filters, deterministic=True, **STREAM)
    return tokens
