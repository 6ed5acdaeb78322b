"""One draw from a row on the CPU, looking only at tokens that can win."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from kernels.sample._numba_bits import U32, exponential_noise, in_wide_vectors, token_hash
from kernels.sample._numba_cut import candidates_of, keep_heaviest, weigh
from kernels.sample._numba_read import total_weight
from kernels.sample._numba_row import TILE, load

FINEST_LOG_NOISE = -46.0
"""Below the logarithm of the least noise, 2^-65."""


class Filters(NamedTuple):
    """The parameters of one draw, as in `kernels.sample.Draws`; the deviation only where top-nσ is on."""

    temperature: float
    min_p: float
    top_n_sigma: float
    top_k: int
    top_p: float
    deviation: float


class Scratch(NamedTuple):
    """Room for one thread."""

    tile: Any  # [TILE] float32
    maxima: Any  # [tiles] float32, the highest logit of each tile


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def greedy(row: Any, scratch: Any, top: Any) -> Any:
    """The first token with the highest logit."""
    for tile in range(len(scratch.maxima)):
        if scratch.maxima[tile] == top:
            load(row, tile, scratch.tile)
            for i in range(TILE):
                if scratch.tile[i] == top:
                    return tile * TILE + i
    return -1


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def draw(row: Any, scratch: Any, top: Any, filters: Any, key: Any, logprobs: Any) -> Any:
    """(token, its log-probability in the distribution drawn from, or 0 where none is wanted)."""
    if filters.min_p > 0 or filters.top_n_sigma > 0 or filters.top_k > 0 or filters.top_p < 1:
        return _draw_filtered(row, scratch, top, filters, key)
    token, scaled = _draw_from_all(row, scratch, top, filters.temperature, key)
    if not logprobs:
        return token, 0.0
    return token, scaled - np.log(total_weight(row, scratch.tile, scratch.maxima, top, filters.temperature))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _draw_from_all(row: Any, scratch: Any, top: Any, temperature: Any, key: Any) -> Any:
    """(token, (its logit − top) / temperature), with the largest of that − log(noise).

    A token can only win if its noise, of which the leading hash bits are a lower bound, is small enough to beat the
    best score so far. Of most tiles that is all that is looked at: no logit, no logarithm.
    """
    best, winner, won = -np.inf, -1, 0.0
    tiles = len(scratch.maxima)
    likeliest = scratch.maxima.argmax()
    for step in range(tiles):
        tile = (likeliest + step) % tiles
        reach = (np.float64(scratch.maxima[tile]) - top) / temperature
        if reach - best > FINEST_LOG_NOISE and _any_hash_within(tile * TILE, _hash_limit(reach - best), key):
            load(row, tile, scratch.tile)
            for i in range(TILE):
                leading = token_hash(U32(tile * TILE + i), key[0], key[1])
                if leading <= _hash_limit(reach - best) and scratch.tile[i] > -np.inf:
                    scaled = (np.float64(scratch.tile[i]) - top) / temperature
                    score = scaled - np.log(exponential_noise(leading, key[0], key[1]))
                    if score > best:
                        best, winner, won = score, tile * TILE + i, scaled
    return winner, won


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _hash_limit(log_noise: Any) -> Any:
    """The highest leading bits of a noise with this logarithm, with room for rounding."""
    return U32(min(np.exp(min(log_noise, 0.0)) * 4294967296.0 * 1.000001, 4294967295.0))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _any_hash_within(start: Any, limit: Any, key: Any) -> Any:
    in_wide_vectors()
    least = U32(0xFFFFFFFF)
    for i in range(TILE):
        least = min(least, token_hash(U32(start + i), key[0], key[1]))
    return least <= limit


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _draw_filtered(row: Any, scratch: Any, top: Any, filters: Any, key: Any) -> Any:
    temperature = filters.temperature
    floor, nearby = _floor(scratch.maxima, top, filters, row.vocabulary)
    candidates, count = candidates_of(row, scratch, floor)
    if filters.top_k > 0:
        count = keep_heaviest(candidates, count, float(filters.top_k), False)
    mass = weigh(candidates, count, top, temperature)
    if filters.top_p < 1:
        if nearby:
            mass = total_weight(row, scratch.tile, scratch.maxima, top, temperature)
        count = keep_heaviest(candidates, count, filters.top_p * mass, True)
        mass = weigh(candidates, count, top, temperature)
    best, winner, won = -np.inf, -1, 0.0
    for i in range(count):
        # A token further below than the noise of the best can bring it is not worth two logarithms.
        leading = token_hash(U32(candidates.ids[i]), key[0], key[1])
        if leading * 2.0**-32 <= candidates.weights[i] * np.exp(-best) * 1.0001:
            scaled = (np.float64(candidates.values[i]) - top) / temperature
            score = scaled - np.log(exponential_noise(leading, key[0], key[1]))
            if score > best:
                best, winner, won = score, candidates.ids[i], scaled
    return winner, won - np.log(mass)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _floor(maxima: Any, top: Any, filters: Any, vocabulary: Any) -> Any:
    """(a logit below which no token is kept, whether tokens below it still count for top-p).

    min-p and top-nσ give theirs. Of top-k, the k-th highest tile maximum: k tokens are at least as high. Top-p alone
    keeps no token so low that with it, a whole vocabulary would not make up the 1 − p that may be left out.
    """
    floor = -np.inf
    if filters.min_p > 0:
        floor = top + filters.temperature * np.log(filters.min_p)
    if filters.top_n_sigma > 0:
        floor = max(floor, top - filters.top_n_sigma * filters.deviation)
    if 0 < filters.top_k <= len(maxima):
        floor = max(floor, np.float64(np.sort(maxima)[-filters.top_k]))
    if floor > -np.inf or filters.top_k > 0:
        return floor, False
    return top - filters.temperature * np.log(vocabulary / (1.0 - filters.top_p)), True
