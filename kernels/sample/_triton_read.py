"""The one read of all logits on a GPU: what is summed over a row, and the highest logit of each tile."""

import triton
import triton.language as tl

TILE: tl.constexpr = tl.constexpr(256)
"""Tokens whose highest logit is kept: small enough that few tiles hold a token worth looking at."""

LARGEST: tl.constexpr = tl.constexpr(3.4028234663852886e38)


@triton.jit  # type: ignore[untyped-decorator]
def cleaned(logits: tl.tensor, ids: tl.tensor, vocabulary: tl.tensor) -> tl.tensor:
    """float32 logits of a row: NaN as −inf, +inf as the largest float32; past the end −inf."""
    x = tl.load(logits + ids, mask=ids < vocabulary, other=float("-inf")).to(tl.float32)
    return tl.where(x <= LARGEST, x, tl.where(x > LARGEST, LARGEST, float("-inf")))


@triton.jit  # type: ignore[untyped-decorator]
def allowed(words: tl.tensor, ids: tl.tensor, vocabulary: tl.tensor) -> tl.tensor:
    """Whether each token's bit is set."""
    return ((tl.load(words + ids // 32, mask=ids < vocabulary, other=0) >> (ids % 32)) & 1) != 0


@triton.jit  # type: ignore[untyped-decorator]
def read_row(
    logits: tl.tensor,
    languages: tl.tensor,
    language_of_row: tl.tensor,
    penalties: tl.tensor,
    grammar: tl.tensor,
    maxima: tl.tensor,
    free_maxima: tl.tensor,
    sums: tl.tensor,
    stride: tl.tensor,
    words: tl.tensor,
    grammar_words: tl.tensor,
    vocabulary: tl.tensor,
    tiles: tl.tensor,
    block: tl.constexpr,
    has_masks: tl.constexpr,
    has_grammar: tl.constexpr,
    has_sums: tl.constexpr,
) -> None:
    """A block of one row: the highest logits of its tiles with all masks and without the language's, and its sums.

    sums: [rows, blocks, 3] of highest raw logit, Σ exp(logit − highest), and the same over the row's language.
    """
    row, part = tl.program_id(0).to(tl.int64), tl.program_id(1)
    ids = part * block + tl.arange(0, block)
    x = cleaned(logits + row * stride, ids, vocabulary)
    tile = part * (block // TILE) + tl.arange(0, block // TILE)
    if has_masks:
        language = tl.load(language_of_row + row).to(tl.int64)
        free = x
        if has_grammar:
            free = tl.where(allowed(grammar + row * grammar_words, ids, vocabulary), x, float("-inf"))
        inside = allowed(languages + tl.maximum(language, 0) * words, ids, vocabulary) | (language < 0)
        masked = tl.where(inside, free, free - tl.load(penalties + row))
        free_tops = tl.max(tl.reshape(free, (block // TILE, TILE)), 1)
        tl.store(free_maxima + row * tiles + tile, free_tops, mask=tile < tiles)
    else:
        inside, masked = ids >= 0, x
    tops = tl.max(tl.reshape(masked, (block // TILE, TILE)), 1)
    tl.store(maxima + row * tiles + tile, tops, mask=tile < tiles)
    if has_sums:
        top = tl.max(x, 0)
        weight = tl.exp(x - tl.where(top > float("-inf"), top, 0.0))
        out = sums + (row * tl.num_programs(1) + part) * 3
        tl.store(out, top)
        tl.store(out + 1, tl.sum(weight, 0))
        tl.store(out + 2, tl.sum(tl.where(inside, weight, 0.0), 0))
