"""What the tiles of a row come to on a GPU, before the draws, and what the parts of a draw come to, after them."""

import triton
import triton.language as tl

from kernels.sample._triton_read import allowed, cleaned

NO_TOKEN: tl.constexpr = tl.constexpr(2**31 - 1)


@triton.jit  # type: ignore[untyped-decorator]
def sum_up_row(
    tile_outputs: tl.tensor,
    language_of_row: tl.tensor,
    penalties: tl.tensor,
    tops: tl.tensor,
    language: tl.tensor,
    exact_log_sum_exp: tl.tensor,
    log_sum_exp: tl.tensor,
    language_mass: tl.tensor,
    tiles: tl.tensor,
    block: tl.constexpr,
    has_masks: tl.constexpr,
    has_grammar: tl.constexpr,
    has_sums: tl.constexpr,
) -> None:
    """One row's highest logit, [rows] float32, and the language that it is drawn in, of the outputs of `read_row`.

    Where a hard language leaves no token it is dropped: -1, and the tiles' maxima are then those without it. With
    sums, the logarithm of their total in float64 and float32, and the part of the row's language, too.
    """
    row = tl.program_id(0).to(tl.int64)
    rows_tiles = tl.num_programs(0).to(tl.int64) * tiles
    out = tile_outputs + row * tiles
    top = highest_of(out, tiles, block)
    raw, raw_top = out, top
    if has_masks:
        raw = out + rows_tiles * 2
        raw_top = highest_of(raw, tiles, block)
        asked = tl.load(language_of_row + row)
        is_dropped = (top == float("-inf")) & (tl.load(penalties + row) == float("inf"))
        tl.store(language + row, tl.where(is_dropped, -1, asked))
        if is_dropped:
            free = raw
            if has_grammar:
                free = out + rows_tiles
            top = highest_of(free, tiles, block)
            for start in range(0, tiles, block):
                tile = start + tl.arange(0, block)
                tl.store(out + tile, tl.load(free + tile, mask=tile < tiles), mask=tile < tiles)
    tl.store(tops + row, top)
    if has_sums:
        total, inside = tl.full((), 0.0, tl.float64), tl.full((), 0.0, tl.float64)
        for start in range(0, tiles, block):
            tile = start + tl.arange(0, block)
            is_tile = tile < tiles
            tile_top = tl.load(raw + tile, mask=is_tile, other=float("-inf"))
            scale = tl.exp(tile_top.to(tl.float64) - raw_top.to(tl.float64))
            scale = tl.where(tile_top > float("-inf"), scale, 0.0)
            sums = tl.load(out + rows_tiles * 3 + tile, mask=is_tile, other=0.0)
            total += tl.sum(sums.to(tl.float64) * scale, 0)
            if has_masks:
                sums = tl.load(out + rows_tiles * 4 + tile, mask=is_tile, other=0.0)
            inside += tl.sum(sums.to(tl.float64) * scale, 0)
        is_some = total > 0.0
        exact = tl.where(is_some, raw_top.to(tl.float64) + tl.log(total), float("-inf"))
        tl.store(exact_log_sum_exp + row, exact)
        tl.store(log_sum_exp + row, exact.to(tl.float32))
        share = inside / tl.where(is_some, total, 1.0)
        tl.store(language_mass + row, tl.where(is_some, share, 0.0).to(tl.float32))


@triton.jit  # type: ignore[untyped-decorator]
def highest_of(numbers: tl.tensor, count: tl.tensor, block: tl.constexpr) -> tl.tensor:
    """Of so many float32."""
    found = tl.full((), float("-inf"), tl.float32)
    for start in range(0, count, block):
        at = start + tl.arange(0, block)
        found = tl.maximum(found, tl.max(tl.load(numbers + at, mask=at < count, other=float("-inf")), 0))
    return found


@triton.jit  # type: ignore[untyped-decorator]
def choose_token(
    logits: tl.tensor,
    languages: tl.tensor,
    language_of_row: tl.tensor,
    penalties: tl.tensor,
    scores: tl.tensor,
    winners: tl.tensor,
    weights: tl.tensor,
    temperatures: tl.tensor,
    tops: tl.tensor,
    exact_log_sum_exp: tl.tensor,
    ids: tl.tensor,
    raw: tl.tensor,
    processed: tl.tensor,
    stride: tl.tensor,
    octets: tl.tensor,
    vocabulary: tl.tensor,
    parts: tl.tensor,
    block: tl.constexpr,
    has_masks: tl.constexpr,
    logprobs: tl.constexpr,
) -> None:
    """The best token of all parts of one draw of one row, the lowest of equals as greedy draws have, or -1.

    With log-probabilities, its two as `kernels.sample.Logprobs` has them. Other arguments are as `draw_part` has them.
    """
    row = tl.program_id(0).to(tl.int64)
    at = row * tl.num_programs(1) + tl.program_id(1)
    best, weight = tl.full((), float("-inf"), tl.float64), tl.full((), 0.0, tl.float64)
    winner = tl.full((), NO_TOKEN, tl.int32)
    for start in range(0, parts, block):
        part = start + tl.arange(0, block)
        is_part = part < parts
        score = tl.load(scores + at * parts + part, mask=is_part, other=float("-inf"))
        token = tl.load(winners + at * parts + part, mask=is_part, other=-1)
        found = tl.max(score, 0)
        lowest = tl.min(tl.where((score == found) & (token >= 0), token, NO_TOKEN), 0)
        of_equals = tl.where(found == best, tl.minimum(winner, lowest), winner)
        winner = tl.where(found > best, lowest, of_equals)
        best = tl.maximum(best, found)
        if logprobs:
            weight += tl.sum(tl.load(weights + at * parts + part, mask=is_part, other=0.0), 0)
    is_drawn = winner != NO_TOKEN
    tl.store(ids + at, tl.where(is_drawn, winner, -1))
    if logprobs:
        token = tl.where(is_drawn, winner, 0)
        x = cleaned(logits + row * stride, token, vocabulary)
        own = x.to(tl.float64) - tl.load(exact_log_sum_exp + row)
        if has_masks:
            language = tl.load(language_of_row + row).to(tl.int64)
            inside = allowed(languages + tl.maximum(language, 0) * octets, token, vocabulary)
            x = tl.where(inside | (language < 0), x, x - tl.load(penalties + row))
        temperature = tl.load(temperatures + at).to(tl.float64)
        above = x.to(tl.float64) - tl.load(tops + row).to(tl.float64)
        drawn_from = above / tl.where(temperature > 0.0, temperature, 1.0) - tl.log(weight)
        tl.store(raw + at, tl.where(is_drawn, own, float("-inf")).to(tl.float32))
        chosen = tl.where(temperature == 0.0, 0.0, drawn_from)
        tl.store(processed + at, tl.where(is_drawn, chosen, float("-inf")).to(tl.float32))
