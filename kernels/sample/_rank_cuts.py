"""Where top-nσ, top-k and top-p cut a row, in torch: on a GPU the path of the requests that ask for them."""

import torch
from torch import Tensor

from kernels.sample.arguments import Draws, Masks

LARGEST = torch.finfo(torch.float32).max


def rank_cuts(masked: Tensor, floors: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """(cuts float32, last ids int32), [rows, draws]: kept are the tokens above the cut, and as high with ids up to it.

    masked: [rows, vocabulary] float32, as drawn from. floors: [rows, draws] float64, least logit − highest that min-p
    and top-nσ keep. Cost: a stable sort of the rows, and two passes over them for each draw.
    """
    ordered, ids = masked.sort(dim=-1, descending=True, stable=True)
    above = (ordered - ordered[:, :1]).double()
    columns = [_last_kept(above, floors[:, draw], draws, draw) for draw in range(floors.shape[1])]
    last = torch.stack(columns, dim=1)
    return ordered.gather(1, last), ids.gather(1, last).int()


def masked_logits(logits: Tensor, masks: Masks | None, language: Tensor) -> Tensor:
    """The logits as drawn from, [rows, vocabulary] float32. language: [rows], -1 for none or where it was dropped."""
    x = logits.float().nan_to_num(-torch.inf, LARGEST, -torch.inf)
    if masks is None:
        return x
    ids = torch.arange(logits.shape[1], device=logits.device).expand_as(logits)
    inside = token_bits(masks.languages, language, ids) | (language < 0)[:, None]
    x = torch.where(inside, x, x - masks.penalty[:, None])
    if masks.grammar is None:
        return x
    rows = torch.arange(len(logits), device=logits.device)
    return torch.where(token_bits(masks.grammar, rows, ids), x, -torch.inf)


def token_bits(table: Tensor, index: Tensor, ids: Tensor) -> Tensor:
    """The bits of tokens [rows, n] in each row's own row of a table; row 0's where the index is negative."""
    words = table[index.clamp(min=0).long()].gather(1, (ids // 32).long())
    return ((words >> (ids % 32).int()) & 1) != 0


def deviation(x: Tensor) -> Tensor:
    """Population standard deviation of what is above −inf in each row, float64."""
    finite, values = x > -torch.inf, x.double()
    count = finite.sum(dim=1).clamp(min=1)
    mean = torch.where(finite, values, 0.0).sum(dim=1) / count
    return (torch.where(finite, values - mean[:, None], 0.0).square().sum(dim=1) / count).sqrt()


def _last_kept(above: Tensor, floors: Tensor, draws: Draws, draw: int) -> Tensor:
    rank = torch.arange(above.shape[1], device=above.device)
    kept = above >= floors[:, None]
    top_k = draws.top_k[:, draw, None]
    kept &= (top_k <= 0) | (rank < top_k)
    temperature = draws.temperature[:, draw, None].double().clamp(min=1e-300)
    weight = torch.where(kept, (above / temperature).exp(), 0.0)
    before = weight.cumsum(dim=-1) - weight
    top_p = draws.top_p[:, draw, None].double()
    kept &= (top_p >= 1) | (before < top_p * weight.sum(dim=-1, keepdim=True))
    return (kept.sum(dim=-1) - 1).clamp(min=0)
