"""Sampling as one writes it in torch: every filter over the whole row, then a race of exponentials."""

from collections.abc import Callable

import torch
from torch import Tensor

from kernels.sample.cases import Case


def torch_chain(case: Case, *, logprobs: bool) -> Callable[[Tensor], Tensor]:
    """Draws one token from each row of logits [rows · draws, vocabulary], each with the filters of its draw."""
    draws = case.draws
    temperature = draws.temperature.reshape(-1, 1)
    min_p, top_k, top_p = (tensor.reshape(-1, 1) for tensor in (draws.min_p, draws.top_k, draws.top_p))
    by_rank, by_share = bool((top_k > 0).any() or (top_p < 1).any()), bool((min_p > 0).any())

    def draw(logits: Tensor) -> Tensor:
        x = logits.float() / temperature.clamp(min=1e-5)
        if by_rank:
            x = _keep_by_rank(x, top_k, top_p)
        p = x.softmax(dim=-1)
        if by_share:
            p = torch.where(p < min_p * p.amax(dim=-1, keepdim=True), 0.0, p)
        hot = (p / torch.empty_like(p).exponential_()).argmax(dim=-1)
        tokens = torch.where(temperature[:, 0] == 0, x.argmax(dim=-1), hot)
        if logprobs:
            logits.float().log_softmax(dim=-1).gather(1, tokens[:, None])
        return tokens

    return draw


def _keep_by_rank(x: Tensor, top_k: Tensor, top_p: Tensor) -> Tensor:
    ordered, ids = x.sort(dim=-1, descending=True)
    rank = torch.arange(x.shape[1], device=x.device)
    ordered = torch.where((top_k > 0) & (rank >= top_k), -torch.inf, ordered)
    p = ordered.softmax(dim=-1)
    ordered = torch.where(p.cumsum(dim=-1) - p >= top_p, -torch.inf, ordered)
    return torch.empty_like(x).scatter_(1, ids, ordered)
