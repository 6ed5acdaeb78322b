"""Draws on a GPU, from the tiles in which a token can win."""

import triton
import triton.language as tl

from kernels.sample._triton_keys import noise_key
from kernels.sample._triton_read import TILE, allowed, cleaned

FINEST_LOG_NOISE: tl.constexpr = tl.constexpr(-46.0)
"""Below the logarithm of the least noise, 2^-65."""


@triton.jit  # type: ignore[untyped-decorator]
def token_hash(word: tl.tensor, first: tl.tensor, second: tl.tensor) -> tl.tensor:
    """`kernels.sample.noise.token_hash`."""
    x = word ^ first
    x = (x ^ (x >> 16)) * 0x7FEB352D
    x = (x ^ (x >> 15)) * 0x846CA68B
    x = (x ^ (x >> 16)) + second
    x = (x ^ (x >> 15)) * 0x31848BAB
    return x ^ (x >> 14)


@triton.jit  # type: ignore[untyped-decorator]
def exponential_noise(leading: tl.tensor, first: tl.tensor, second: tl.tensor) -> tl.tensor:
    """`kernels.sample.noise.exponential_noise` of tokens whose leading bits are known."""
    trailing = token_hash(leading, second, first)
    u = leading.to(tl.float64) + (trailing.to(tl.float64) + 0.5) * 2.3283064365386963e-10
    u = tl.minimum(u * 2.3283064365386963e-10, 1.0 - 1.1102230246251565e-16)
    # There is no log1p, and next to 1 the logarithm has few digits left.
    return tl.where(u < 1e-6, u * (1.0 + u * (0.5 + u * (1.0 / 3.0))), -tl.log(1.0 - u))


@triton.jit  # type: ignore[untyped-decorator]
def draw_part(
    logits: tl.tensor,
    languages: tl.tensor,
    language_of_row: tl.tensor,
    penalties: tl.tensor,
    grammar: tl.tensor,
    maxima: tl.tensor,
    tops: tl.tensor,
    temperatures: tl.tensor,
    min_ps: tl.tensor,
    floors: tl.tensor,
    cuts: tl.tensor,
    last_ids: tl.tensor,
    seeds: tl.tensor,
    positions: tl.tensor,
    scores: tl.tensor,
    winners: tl.tensor,
    weights: tl.tensor,
    stride: tl.tensor,
    octets: tl.tensor,
    grammar_octets: tl.tensor,
    vocabulary: tl.tensor,
    tiles: tl.tensor,
    part_tiles: tl.tensor,
    has_masks: tl.constexpr,
    has_grammar: tl.constexpr,
    has_ranks: tl.constexpr,
    logprobs: tl.constexpr,
) -> None:
    """The best token of some tiles for one draw of one row, its score, and Σ exp((logit − top) / temperature).

    floors, cuts, last_ids: read where filters rank tokens. Least logit − top that is kept; of tokens as high as the
    cut, ids up to the last are kept.
    """
    row, draw, part = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.program_id(2)
    at = row * tl.num_programs(1) + draw
    top, temperature = tl.load(tops + row).to(tl.float64), tl.load(temperatures + at).to(tl.float64)
    if has_ranks:
        floor, cut, last = tl.load(floors + at), tl.load(cuts + at), tl.load(last_ids + at)
    else:
        # A greedy draw's only kept tokens are the highest.
        floor = tl.where(temperature == 0.0, 0.0, temperature * tl.log(tl.load(min_ps + at).to(tl.float64)))
        cut, last = float("-inf"), 2147483647
    key = noise_key(tl.load(seeds + row), tl.load(positions + row), draw)
    low, high = key.to(tl.uint32), (key >> 32).to(tl.uint32)
    # Greedy is a draw whose only kept tokens are the highest, all of one score.
    scale = tl.where(temperature > 0.0, temperature, 1.0)
    best, total = tl.full((), float("-inf"), tl.float64), tl.full((), 0.0, tl.float64)
    winner = tl.full((), -1, tl.int32)
    for tile in range(part * part_tiles, tl.minimum(part * part_tiles + part_tiles, tiles)):
        highest = tl.load(maxima + row * tiles + tile)
        reach = (highest.to(tl.float64) - top) / scale
        is_kept = (highest > float("-inf")) & (highest.to(tl.float64) - top >= floor) & (highest >= cut)
        if is_kept & (temperature >= 0.0):
            ids = tile * TILE + tl.arange(0, TILE)
            leading = token_hash(ids.to(tl.uint32), low, high)
            limit = tl.exp(tl.minimum(reach - best, 0.0)) * 4294967296.0 * 1.000001
            can_win = (temperature == 0.0) | (tl.min(leading.to(tl.float64), 0) <= limit)
            if can_win | logprobs:
                x = cleaned(logits + row * stride, ids, vocabulary)
                if has_masks:
                    if has_grammar:
                        bits = allowed(grammar + row * grammar_octets, ids, vocabulary)
                        x = tl.where(bits, x, float("-inf"))
                    language = tl.load(language_of_row + row).to(tl.int64)
                    inside = allowed(languages + tl.maximum(language, 0) * octets, ids, vocabulary)
                    x = tl.where(inside | (language < 0), x, x - tl.load(penalties + row))
                above = x.to(tl.float64) - top
                keep = (x > float("-inf")) & (above >= floor) & ((x > cut) | ((x == cut) & (ids <= last)))
                scaled = tl.where(keep, above / scale, float("-inf"))
                if logprobs:
                    total += tl.sum(tl.exp(scaled), 0)
                noise = tl.where(temperature > 0.0, exponential_noise(leading, low, high), 1.0)
                score = tl.where(keep, scaled - tl.log(noise), float("-inf"))
                found = tl.max(score, 0)
                if found > best:
                    best = found
                    winner = tl.min(tl.where(score == found, ids, 2147483647), 0)
    out = at * tl.num_programs(2) + part
    tl.store(scores + out, best)
    tl.store(winners + out, winner)
    if logprobs:
        tl.store(weights + out, total)
