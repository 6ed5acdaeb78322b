"""What is read once of a whole row on the CPU: the highest logit of each tile, and sums over all of them."""

from typing import Any

import numpy as np
from numba import njit

from kernels.sample._numba_bits import (
    F32,
    I16,
    I32,
    LOG2_E,
    U64,
    exp_of_negative,
    exp_over_power,
    float_of,
    in_wide_vectors,
    rank_of,
    value_of,
)
from kernels.sample._numba_row import FAST, LARGEST, NOTHING, TILE, highest, load, load_raw, mask

NOT_LARGE = F32(8192.0)
"""Logits below this times log2 e still tell weights apart to within 1e-3 where they are rounded to float32."""

ADDED_UP = 4 * TILE
"""Weights that are added up in float32, in 32 sums side by side. Sums of 256 took 0.5 µs more for 49,152 logits."""


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def tile_maxima(row: Any, values: Any, maxima: Any) -> Any:
    """Fills `maxima` with the highest logit of each tile, masked; the highest of all."""
    if not row.is_masked:
        top, is_clean = _raw_maxima(row, maxima)
        if is_clean:
            return top
    top = NOTHING
    for tile in range(len(maxima)):
        load(row, tile, values)
        maxima[tile] = highest(values)
        top = max(top, maxima[tile])
    return top


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def raw_sums(row: Any, values: Any, maxima: Any) -> Any:
    """(highest logit, Σ exp(logit − highest), the same over the row's language) of the cleaned logits, unmasked.

    Fills `maxima` as `tile_maxima` does.
    """
    top, is_clean = _raw_maxima(row, maxima)
    if is_clean and not row.is_masked and abs(top) < NOT_LARGE:
        return top, _sum_of_raw_weights(row, top), 0.0
    return _masked_sums(row, values, maxima)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def total_weight(row: Any, values: Any, maxima: Any, top: Any, temperature: Any) -> Any:
    """Σ exp((logit − top) / temperature) over the whole row, masked; maxima: as `tile_maxima` leaves them."""
    total, scale = 0.0, F32(1.0 / temperature)
    for tile in range(len(maxima)):
        if maxima[tile] > NOTHING:
            load(row, tile, values)
            total += _sum_of_weights(values, top, scale)
    return total


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _masked_sums(row: Any, values: Any, maxima: Any) -> Any:
    """`raw_sums` in one read: the sums are rescaled whenever a tile goes higher than all before it."""
    top, total, chosen = NOTHING, 0.0, 0.0
    for tile in range(len(maxima)):
        load_raw(row, tile, values)
        tile_top = highest(values)
        if tile_top > top:
            rescale = np.exp(np.float64(top) - np.float64(tile_top))
            top, total, chosen = tile_top, total * rescale, chosen * rescale
        if tile_top > NOTHING:
            total += _sum_of_weights(values, top, F32(1.0))
            if row.is_masked:
                chosen += _sum_of_chosen_weights(values, row.language[tile * (TILE // 32) :], top)
        maxima[tile] = tile_top
        if row.is_masked:
            mask(row, tile, values)
            maxima[tile] = highest(values)
    return top, total, chosen


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _raw_maxima(row: Any, maxima: Any) -> Any:
    """(highest logit, whether the logits can be used as they are), with the highest of each tile in `maxima`.

    Found among the bits as they are, which takes a sixth of the time that cleaning takes: they order as the numbers
    do, with NaN of either sign beyond the infinities. A −NaN below other logits stays unseen: it weighs nothing.
    """
    top, is_clean = NOTHING, True
    for tile in range(len(maxima)):
        start, size = U64(tile * TILE), min(TILE, row.vocabulary - tile * TILE)
        if len(row.float32):
            found = _highest_float32(row.float32, start, size)
        else:
            found = _highest_bfloat16(row.bfloat16, start, size)
        is_clean &= NOTHING <= found <= LARGEST
        maxima[tile] = found + F32(0.0)  # −0 as 0
        top = max(top, maxima[tile])
    return top, is_clean


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _highest_bfloat16(bits: Any, start: Any, size: Any) -> Any:
    rank = I16(-32768)
    for i in range(size):
        word = bits[start + U64(i)]
        rank = max(rank, I16(word ^ ((word >> I16(15)) & I16(0x7FFF))))
    return float_of(I16(rank ^ ((rank >> I16(15)) & I16(0x7FFF))))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _highest_float32(bits: Any, start: Any, size: Any) -> Any:
    rank = I32(-(2**31))
    for i in range(size):
        rank = max(rank, rank_of(float_of(bits[start + U64(i)])))
    return value_of(rank)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _sum_of_raw_weights(row: Any, top: Any) -> Any:
    """Σ exp(logit − top) over a row without +inf and +NaN, whose top is not large."""
    total, power = 0.0, np.ceil(top * LOG2_E)
    for first in range(0, row.vocabulary, ADDED_UP):
        start, size = U64(first), min(ADDED_UP, row.vocabulary - first)
        if len(row.float32):
            total += _sum_over_power(row.float32, start, size, power)
        else:
            total += _sum_over_power(row.bfloat16, start, size, power)
    return total * np.exp(np.float64(power) * np.log(2.0) - np.float64(top))


@njit(fastmath=FAST, error_model="numpy")  # type: ignore[untyped-decorator]
def _sum_over_power(bits: Any, start: Any, size: Any, power: Any) -> Any:
    """Σ exp(logit) / 2^power over some tokens: with three instructions less a logit than Σ exp(logit − top)."""
    in_wide_vectors()
    total = F32(0.0)
    for i in range(size):
        total += exp_over_power(float_of(bits[start + U64(i)]), power)
    return total


@njit(fastmath=FAST, error_model="numpy")  # type: ignore[untyped-decorator]
def _sum_of_weights(values: Any, top: Any, scale: Any) -> Any:
    """Σ exp((value − top) · scale) over a tile, with top at least as high as all its values."""
    in_wide_vectors()
    total = F32(0.0)
    for i in range(TILE):
        total += exp_of_negative((values[i] - top) * scale)
    return total


@njit(fastmath=FAST, error_model="numpy")  # type: ignore[untyped-decorator]
def _sum_of_chosen_weights(values: Any, language: Any, top: Any) -> Any:
    """The same at scale 1, over the tokens whose bit is set."""
    in_wide_vectors()
    total = F32(0.0)
    for block in range(TILE // 32):
        word = language[block] if block < len(language) else I32(0)
        for i in range(32):
            weight = exp_of_negative(values[block * 32 + i] - top)
            total += weight if (word >> I32(i)) & I32(1) else F32(0.0)
    return total


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def deviation(row: Any, values: Any) -> Any:
    """Population standard deviation of the logits above −inf, masked. Two passes, in float64."""
    count, total = 0, 0.0
    for tile in range(-(-row.vocabulary // TILE)):
        load(row, tile, values)
        for value in values:
            if value > NOTHING:
                count, total = count + 1, total + value
    mean, squares = total / count, 0.0
    for tile in range(-(-row.vocabulary // TILE)):
        load(row, tile, values)
        for value in values:
            if value > NOTHING:
                squares += (value - mean) ** 2
    return np.sqrt(squares / count)
