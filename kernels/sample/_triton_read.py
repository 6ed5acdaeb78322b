"""The one read of all logits on a GPU: the highest logit of each tile, and what is summed over it."""

import triton
import triton.language as tl

TILE: tl.constexpr = tl.constexpr(256)
"""Tokens whose highest logit is kept: small enough that few tiles hold a token worth looking at."""

LARGEST: tl.constexpr = tl.constexpr(3.4028234663852886e38)

QUARTERS: tl.constexpr = tl.constexpr(4)
LANES: tl.constexpr = tl.constexpr(8)
"""A tile is four times eight times eight tokens."""

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
def tile_octets(octets: tl.tensor, count: tl.tensor, at: tl.tensor) -> tl.tensor:
    """Eight tokens' bits of a table's row at a time; not set beyond its end."""
    return tl.load(octets + at, mask=at < count, other=0).to(tl.int32)


@triton.jit  # type: ignore[untyped-decorator]
def is_set(octets: tl.tensor) -> tl.tensor:
    """The bits as booleans, for a last dimension of eight tokens."""
    return (octets[:, :, :, None] & (1 << tl.arange(0, 8))[None, None, None, :]) != 0


@triton.jit  # type: ignore[untyped-decorator]
def highest(x: tl.tensor) -> tl.tensor:
    """Of each tile, of [QUARTERS, tiles, lanes, 8]; a thread's own values first, as those need no exchange."""
    return tl.max(tl.max(tl.max(x, 3), 0), 1)


@triton.jit  # type: ignore[untyped-decorator]
def total(x: tl.tensor) -> tl.tensor:
    """Likewise the sum."""
    return tl.sum(tl.sum(tl.sum(x, 3), 0), 1)


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
    # Triton gives the last dimension to a thread, those before it to its neighbours, and the first to the thread
    # again: so each has 32 tokens of one tile, and eight threads, not 32, exchange what they found in it.
    quarter, lane = tl.arange(0, QUARTERS)[:, None, None], tl.arange(0, LANES)[None, None, :]
    octet = tile[None, :, None] * (TILE // 8) + quarter * LANES + lane
    x = cleaned(
        logits + row * stride, octet[:, :, :, None] * 8 + tl.arange(0, 8)[None, None, None, :], vocabulary
    )
    rows_tiles = tl.num_programs(0).to(tl.int64) * tiles
    out, is_tile = outputs + row * tiles + tile, tile < tiles
    raw_top = highest(x)
    if has_masks:
        language, free_top = tl.load(language_of_row + row).to(tl.int64), raw_top
        inside = tile_octets(languages + tl.maximum(language, 0) * octets, octets, octet)
        inside = tl.where(language < 0, 255, inside)
        both = inside
        if has_grammar:
            free = tile_octets(grammar + row * grammar_octets, grammar_octets, octet)
            both = inside & free
            free_top = highest(tl.where(is_set(free), x, float("-inf")))
            tl.store(out + rows_tiles, free_top, mask=is_tile)
        # Where the highest of all is outside the language, it is the highest outside: so its penalty is enough.
        inside_top = highest(tl.where(is_set(both), x, float("-inf")))
        tl.store(out, tl.maximum(inside_top, free_top - tl.load(penalties + row)), mask=is_tile)
        tl.store(out + rows_tiles * 2, raw_top, mask=is_tile)
    else:
        tl.store(out, raw_top, mask=is_tile)
    if has_sums:
        top = tl.where(raw_top > float("-inf"), raw_top, 0.0)
        weight = tl.exp2((x - top[None, :, None, None]) * LOG2_E)
        tl.store(out + rows_tiles * 3, total(weight), mask=is_tile)
        if has_masks:
            tl.store(out + rows_tiles * 4, total(tl.where(is_set(inside), weight, 0.0)), mask=is_tile)
