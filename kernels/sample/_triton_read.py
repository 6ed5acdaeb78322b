"""The one read of all logits on a GPU: the highest logit of each tile, and what is summed over it."""

import triton
import triton.language as tl

TILE: tl.constexpr = tl.constexpr(256)
"""Tokens whose highest logit is kept: small enough that few tiles hold a token worth looking at."""

LARGEST: tl.constexpr = tl.constexpr(3.4028234663852886e38)

LOG2_E: tl.constexpr = tl.constexpr(1.4426950408889634)


@triton.jit  # type: ignore[untyped-decorator]
def cleaned(logits: tl.tensor, ids: tl.tensor, vocabulary: tl.tensor) -> tl.tensor:
    """float32 logits of a row: NaN as −inf, +inf as the largest float32; past the end −inf."""
    x = tl.load(logits + ids, mask=ids < vocabulary, other=float("-inf")).to(tl.float32)
    # A maximum with −inf would do on a GPU, in one instruction less, but not under the interpreter.
    return tl.minimum(tl.where(x == x, x, float("-inf")), LARGEST)


@triton.jit  # type: ignore[untyped-decorator]
def allowed(octets: tl.tensor, ids: tl.tensor, vocabulary: tl.tensor) -> tl.tensor:
    """Whether each token's bit is set."""
    return ((tl.load(octets + ids // 8, mask=ids < vocabulary, other=0).to(tl.int32) >> (ids % 8)) & 1) != 0


@triton.jit  # type: ignore[untyped-decorator]
def tile_bits(octets: tl.tensor, count: tl.tensor, tile: tl.tensor) -> tl.tensor:
    """`allowed` for whole tiles, as [tiles, TILE / 8, 8] and with one read for eight tokens."""
    at = tile[:, None] * (TILE // 8) + tl.arange(0, TILE // 8)[None, :]
    octet = tl.load(octets + at, mask=at < count, other=0).to(tl.int32)
    return ((octet[:, :, None] >> tl.arange(0, 8)[None, None, :]) & 1) != 0


@triton.jit  # type: ignore[untyped-decorator]
def over_tile(x: tl.tensor) -> tl.tensor:
    """The highest of each tile."""
    return tl.max(tl.max(x, 2), 1)


@triton.jit  # type: ignore[untyped-decorator]
def read_row(
    logits: tl.tensor,
    languages: tl.tensor,
    language_of_row: tl.tensor,
    penalties: tl.tensor,
    grammar: tl.tensor,
    outputs: tl.tensor,
    stride: tl.tensor,
    octets: tl.tensor,
    grammar_octets: tl.tensor,
    vocabulary: tl.tensor,
    tiles: tl.tensor,
    tiles_at_once: tl.constexpr,
    has_masks: tl.constexpr,
    has_grammar: tl.constexpr,
    has_sums: tl.constexpr,
) -> None:
    """Some tiles of one row.

    outputs: [5, rows, tiles] float32. Of each tile: the highest logit with all masks, the highest without the
    language's, the highest without any, Σ exp(logit − that), the same over the row's language. Not written is what
    equals another: the second without a grammar, the second, third and last without masks; nor sums nobody wants.
    """
    row, part = tl.program_id(0).to(tl.int64), tl.program_id(1)
    tile = part * tiles_at_once + tl.arange(0, tiles_at_once)
    lane, token = tl.arange(0, TILE // 8)[None, :, None], tl.arange(0, 8)[None, None, :]
    x = cleaned(logits + row * stride, tile[:, None, None] * TILE + lane * 8 + token, vocabulary)
    rows_tiles = tl.num_programs(0).to(tl.int64) * tiles
    out, is_tile = outputs + row * tiles + tile, tile < tiles
    raw_top = over_tile(x)
    if has_masks:
        language, free = tl.load(language_of_row + row).to(tl.int64), x
        if has_grammar:
            free = tl.where(tile_bits(grammar + row * grammar_octets, grammar_octets, tile), x, float("-inf"))
        inside = tile_bits(languages + tl.maximum(language, 0) * octets, octets, tile) | (language < 0)
        tl.store(out, over_tile(tl.where(inside, free, free - tl.load(penalties + row))), mask=is_tile)
        if has_grammar:
            tl.store(out + rows_tiles, over_tile(free), mask=is_tile)
        tl.store(out + rows_tiles * 2, raw_top, mask=is_tile)
    else:
        tl.store(out, raw_top, mask=is_tile)
    if has_sums:
        top = tl.where(raw_top > float("-inf"), raw_top, 0.0)
        weight = tl.exp2((x - top[:, None, None]) * LOG2_E)
        tl.store(out + rows_tiles * 3, tl.sum(tl.sum(weight, 2), 1), mask=is_tile)
        if has_masks:
            chosen = tl.sum(tl.sum(tl.where(inside, weight, 0.0), 2), 1)
            tl.store(out + rows_tiles * 4, chosen, mask=is_tile)
