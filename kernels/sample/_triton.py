"""`sample` on CUDA in four launches: one read of the logits, what its tiles come to, draws from the few tiles in which
one can win, and the best of each draw.

It has run under Triton's interpreter, and compiles for three generations of GPUs; on a GPU it has not run yet.
"""

from typing import NamedTuple

import torch
import triton
from torch import Tensor

from kernels.sample._rank_cuts import deviation, masked_logits, rank_cuts
from kernels.sample._triton_draw import draw_part
from kernels.sample._triton_read import TILE, read_row
from kernels.sample._triton_rows import choose_token, sum_up_row
from kernels.sample.arguments import Draws, Logprobs, Masks, Samples

TILES_AT_ONCE = 16
"""Tiles that a program reads: 4,096 tokens, 32 for each thread of its four warps."""

PART_TILES = 16
"""Tiles that a program draws from. Several share a draw, or a batch of few rows would keep few processors busy."""

TILES_SUMMED_AT_ONCE = 1024
PARTS_AT_ONCE = 64
"""Of one row, and of one draw: more than most vocabularies have, so that a program need not go round."""


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
    bits, ids = _mask_bits(logits, masks), torch.empty(rows, count, dtype=torch.int32, device=logits.device)
    read = _read(logits, masks, bits, logprobs)
    row = _rows(logits, masks, bits, read, logprobs)
    limits = _limits(logits, draws, masks, row.language) if ranked else _no_limits(draws)
    parts = triton.cdiv(read.shape[2], PART_TILES)
    scores = torch.empty(rows, count, parts, dtype=torch.float64, device=logits.device)
    winners, weights = torch.empty_like(scores, dtype=torch.int32), torch.empty_like(scores)
    has_grammar = masks is not None and masks.grammar is not None
    draw_part[(rows, count, parts)](
        *(logits, bits.languages, row.language, bits.penalty, bits.grammar, read, row.tops),
        *(draws.temperature, draws.min_p, *limits, seeds, positions, scores, winners, weights),
        *(logits.stride(0), bits.languages.shape[1], bits.grammar.shape[1]),
        *(logits.shape[1], read.shape[2], PART_TILES),
        has_masks=masks is not None,
        has_grammar=has_grammar,
        has_ranks=ranked,
        logprobs=logprobs,
        num_warps=4,
    )
    raw, processed = (torch.empty(rows, count, device=logits.device) for _ in range(2))
    choose_token[(rows, count)](
        *(logits, bits.languages, row.language, bits.penalty, scores, winners, weights),
        *(draws.temperature, row.tops, row.exact_log_sum_exp, ids, raw, processed),
        *(logits.stride(0), bits.languages.shape[1], logits.shape[1], parts),
        block=PARTS_AT_ONCE,
        has_masks=masks is not None,
        logprobs=logprobs,
        num_warps=1,
    )
    wanted = Logprobs(raw, processed, row.log_sum_exp, row.language_mass) if logprobs else None
    return Samples(ids, wanted)


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
        return _MaskBits(none.view(torch.uint8), none[0].view(torch.int32), none[0], none.view(torch.uint8))
    languages = masks.languages.contiguous().view(torch.uint8)
    grammar = languages if masks.grammar is None else masks.grammar.contiguous().view(torch.uint8)
    return _MaskBits(languages, masks.language_of_row, masks.penalty, grammar)


def _read(logits: Tensor, masks: Masks | None, bits: _MaskBits, logprobs: bool) -> Tensor:
    """[5, rows, tiles] float32: the outputs of `read_row`."""
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
    return outputs


class _Rows(NamedTuple):
    """Of each row, [rows]: as `sum_up_row` gives them; log_sum_exp is the exact one in float32."""

    tops: Tensor
    language: Tensor
    exact_log_sum_exp: Tensor
    log_sum_exp: Tensor
    language_mass: Tensor


def _rows(logits: Tensor, masks: Masks | None, bits: _MaskBits, read: Tensor, logprobs: bool) -> _Rows:
    count = logits.shape[0]
    tops, log_sum_exp, language_mass = torch.empty(3, count, device=logits.device).unbind()
    exact = torch.empty(count, dtype=torch.float64, device=logits.device)
    language = bits.language_of_row if masks is None else torch.empty_like(masks.language_of_row)
    found = _Rows(tops, language, exact, log_sum_exp, language_mass)
    sum_up_row[(count,)](
        *(read, bits.language_of_row, bits.penalty, *found, read.shape[2]),
        block=TILES_SUMMED_AT_ONCE,
        has_masks=masks is not None,
        has_grammar=masks is not None and masks.grammar is not None,
        has_sums=logprobs,
        num_warps=4,
    )
    return found


def _limits(
    logits: Tensor, draws: Draws, masks: Masks | None, language: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Floors, cuts and last ids, [rows, draws], as `draw_part` takes them where filters rank tokens."""
    masked = masked_logits(logits, masks, language)
    spread = -draws.top_n_sigma.double() * deviation(masked)[:, None]
    floors = draws.temperature.double() * draws.min_p.double().log()
    floors = torch.maximum(floors, torch.where(draws.top_n_sigma > 0, spread, -torch.inf))
    # A greedy draw's only kept tokens are the highest.
    floors = torch.where(draws.temperature == 0, 0.0, floors)
    return floors, *rank_cuts(masked, floors, draws)


def _no_limits(draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
    """Never read; a kernel must be given something."""
    return draws.min_p, draws.min_p, draws.top_k
