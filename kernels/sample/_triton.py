"""`sample` on CUDA: one read of the logits, then the few tiles in which a draw can win, in two launches.

It has run under Triton's interpreter, and compiles for three generations of GPUs; on a GPU it has not run yet.
"""

from typing import NamedTuple

import torch
import triton
from torch import Tensor

from kernels.sample._rank_cuts import deviation, masked_logits, rank_cuts, token_bits
from kernels.sample._triton_draw import draw_part
from kernels.sample._triton_keys import noise_keys
from kernels.sample._triton_read import LARGEST, TILE, read_row
from kernels.sample.arguments import Draws, Logprobs, Masks, Samples

TILES_AT_ONCE = 16
"""Tiles that a program reads: 4,096 tokens, 32 for each thread of its four warps."""

PART_TILES = 16
"""Tiles that a program draws from. Several share a draw, or a batch of few rows would keep few processors busy."""

NO_TOKEN = 2**31 - 1


def sample_with_triton(
    logits: Tensor,
    draws: Draws,
    seeds: Tensor,
    positions: Tensor,
    masks: Masks | None,
    *,
    logprobs: bool,
    ranked: bool,
) -> Samples:
    """`kernels.sample.sample` on CUDA. ranked: whether any draw has a top-nσ, top-k or top-p: these sort the rows.

    Waits for nothing on the host.
    """
    rows, count = draws.temperature.shape
    if rows == 0:
        empty, none = torch.empty(0, count), torch.empty(0)
        return Samples(empty.int(), Logprobs(empty, empty, none, none) if logprobs else None)
    bits = _mask_bits(logits, masks)
    maxima, language, sums = _read(logits, masks, bits, logprobs)
    floors, cuts, last_ids = _limits(logits, draws, masks, language, ranked)
    parts = triton.cdiv(maxima.shape[1], PART_TILES)
    scores = torch.empty(rows, count, parts, dtype=torch.float64, device=logits.device)
    winners, weights = torch.empty_like(scores, dtype=torch.int32), torch.empty_like(scores)
    draw_part[(rows, count, parts)](
        *(logits, bits.languages, language, bits.penalty, bits.grammar),
        *(maxima, maxima.amax(dim=1), draws.temperature, floors, cuts, last_ids),
        *(noise_keys(seeds, positions, count), scores, winners, weights),
        *(logits.stride(0), bits.languages.shape[1], bits.grammar.shape[1]),
        *(logits.shape[1], maxima.shape[1], PART_TILES),
        has_masks=masks is not None,
        has_grammar=masks is not None and masks.grammar is not None,
        logprobs=logprobs,
        num_warps=4,
    )
    # Equal scores, as greedy draws have: the lowest token.
    is_best = (scores == scores.amax(dim=2, keepdim=True)) & (winners >= 0)
    ids = torch.where(is_best, winners, NO_TOKEN).amin(dim=2)
    ids = torch.where(ids == NO_TOKEN, -1, ids)
    if not logprobs:
        return Samples(ids, None)
    return Samples(ids, _logprobs(logits, draws, masks, language, ids, maxima, sums, weights.sum(dim=2)))


class _MaskBits(NamedTuple):
    """`Masks` with tables of octets, [languages or rows, octets] uint8; never read where there is none."""

    languages: Tensor
    language_of_row: Tensor
    penalty: Tensor
    grammar: Tensor


def _mask_bits(logits: Tensor, masks: Masks | None) -> _MaskBits:
    if masks is None:
        # Never read; a kernel must be given something.
        none = torch.empty(1, 1, device=logits.device)
        return _MaskBits(none.view(torch.uint8), none[0].int(), none[0], none.view(torch.uint8))
    languages = masks.languages.contiguous().view(torch.uint8)
    grammar = languages if masks.grammar is None else masks.grammar.contiguous().view(torch.uint8)
    return _MaskBits(languages, masks.language_of_row, masks.penalty, grammar)


def _read(
    logits: Tensor, masks: Masks | None, bits: _MaskBits, logprobs: bool
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Tile maxima [rows, tiles] of the logits as drawn from, the languages they are drawn in, and what has no masks.

    That is the last three outputs of `read_row`.
    """
    rows, vocabulary = logits.shape
    tiles = triton.cdiv(vocabulary, TILE.value)
    outputs = torch.empty(5, rows, tiles, device=logits.device)
    read_row[(rows, triton.cdiv(tiles, TILES_AT_ONCE))](
        *(logits, bits.languages, bits.language_of_row, bits.penalty, bits.grammar, outputs),
        *(logits.stride(0), bits.languages.shape[1], bits.grammar.shape[1], vocabulary, tiles),
        tiles_at_once=TILES_AT_ONCE,
        has_masks=masks is not None,
        has_grammar=masks is not None and masks.grammar is not None,
        has_sums=logprobs,
        num_warps=4,
    )
    maxima, free, raw, sums, chosen = outputs.unbind()
    if masks is None:
        return maxima, bits.language_of_row, (maxima, sums, sums)
    if masks.grammar is None:
        free = raw
    dropped = (maxima.amax(dim=1) == -torch.inf) & (masks.penalty == torch.inf)
    language = torch.where(dropped, -1, masks.language_of_row)
    return torch.where(dropped[:, None], free, maxima), language, (raw, sums, chosen)


def _limits(
    logits: Tensor, draws: Draws, masks: Masks | None, language: Tensor, ranked: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Floors, cuts and last ids, [rows, draws], as `draw_part` takes them."""
    floors = draws.temperature.double() * draws.min_p.double().log()
    if ranked:
        masked = masked_logits(logits, masks, language)
        spread = -draws.top_n_sigma.double() * deviation(masked)[:, None]
        floors = torch.maximum(floors, torch.where(draws.top_n_sigma > 0, spread, -torch.inf))
    # A greedy draw's only kept tokens are the highest.
    floors = torch.where(draws.temperature == 0, 0.0, floors)
    if ranked:
        return floors, *rank_cuts(masked, floors, draws)
    everything = torch.full_like(draws.temperature, -torch.inf)
    return floors, everything, torch.full_like(draws.top_k, NO_TOKEN)


def _logprobs(
    logits: Tensor,
    draws: Draws,
    masks: Masks | None,
    language: Tensor,
    ids: Tensor,
    maxima: Tensor,
    sums: tuple[Tensor, Tensor, Tensor],
    weights: Tensor,
) -> Logprobs:
    tops, totals, chosen = (tensor.double() for tensor in sums)
    top = tops.amax(dim=1, keepdim=True)
    scale = torch.where(top > -torch.inf, (tops - top).exp(), 0.0)
    total, mass = (totals * scale).sum(dim=1), (chosen * scale).sum(dim=1)
    log_sum_exp = torch.where(total > 0, top[:, 0] + total.log(), -torch.inf)
    token = ids.long().clamp(min=0)
    x = logits.gather(1, token).float().nan_to_num(-torch.inf, LARGEST.value, -torch.inf).double()
    raw = x - log_sum_exp[:, None]
    if masks is not None:
        inside = token_bits(masks.languages, language, token) | (language < 0)[:, None]
        x = torch.where(inside, x, x - masks.penalty[:, None].double())
    scaled = (x - maxima.amax(dim=1)[:, None].double()) / draws.temperature.double()
    processed = torch.where(draws.temperature == 0, 0.0, scaled - weights.log())
    drawn = ids >= 0
    return Logprobs(
        torch.where(drawn, raw, -torch.inf).float(),
        torch.where(drawn, processed, -torch.inf).float(),
        log_sum_exp.float(),
        torch.where(total > 0, mass / total, 0.0).float(),
    )
