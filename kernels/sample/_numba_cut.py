"""Which tokens of a row a filter keeps, without sorting the row."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from kernels.sample._numba_bits import F32, I32, exp_of_negative, rank_of, value_of
from kernels.sample._numba_row import FAST, NOTHING, TILE, load

BINS = 512
FEW = 64
"""Among so few, looking for the next lower one again and again is cheapest."""


class Candidates(NamedTuple):
    """Tokens that a filter may keep, in order of their ids; each array has room for those looked at and one more."""

    values: Any  # float32 logits
    ids: Any  # int32
    weights: Any  # float32, exp((logit − top) / temperature)
    active_values: Any  # float32: room for those among which a cut is sought
    active_weights: Any  # float32
    bin_weights: Any  # [BINS] float64


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def candidates_of(row: Any, scratch: Any, floor: Any) -> Any:
    """(all tokens that are at least this high, and not −inf, in order of their ids; how many there are)."""
    tiles = 0
    for highest in scratch.maxima:
        tiles += highest >= floor and highest > NOTHING
    candidates, count = _room_for(tiles * TILE + 1), 0
    for tile in range(len(scratch.maxima)):
        if scratch.maxima[tile] >= floor and scratch.maxima[tile] > NOTHING:
            load(row, tile, scratch.tile)
            for i in range(TILE):
                # Stored anyhow, so that there is no branch to guess wrong.
                value = scratch.tile[i]
                candidates.values[count] = value
                candidates.ids[count] = tile * TILE + i
                count += value >= floor and value > NOTHING
    return candidates, count


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _room_for(count: Any) -> Any:
    floats = np.empty((4, count), np.float32)
    ids, bins = np.empty(count, np.int32), np.empty(BINS, np.float64)
    return Candidates(floats[0], ids, floats[1], floats[2], floats[3], bins)


@njit(fastmath=FAST, error_model="numpy")  # type: ignore[untyped-decorator]
def weigh(candidates: Any, count: Any, top: Any, temperature: Any) -> Any:
    """Gives each candidate its weight; their sum."""
    scale, total = F32(1.0 / temperature), 0.0
    for i in range(count):
        weight = exp_of_negative((candidates.values[i] - top) * scale)
        candidates.weights[i] = weight
        total += weight
    return total


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def keep_heaviest(candidates: Any, count: Any, target: Any, weighted: Any) -> Any:
    """Keeps the fewest candidates, highest first and equal ones by id, that together weigh the target or more.

    Each weighs 1 if they are not `weighted`. Returns how many are kept.
    """
    if not weighted and target >= count:
        return count
    cut, ties = _cut(candidates, count, target, weighted)
    kept = 0
    for i in range(count):
        value = candidates.values[i]
        candidates.values[kept], candidates.ids[kept] = value, candidates.ids[i]
        keep = value > cut or (value == cut and ties > 0)
        ties -= value == cut
        kept += keep
    return kept


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _cut(candidates: Any, count: Any, target: Any, weighted: Any) -> Any:
    """(value, n): all above the value and the first n of those equal to it reach the target.

    Among the values between two bounds, bins of equal width say in which bin the target is reached; its values are
    the next to look among, until they are few or all equal.
    """
    values, weights = candidates.active_values, candidates.active_weights
    for i in range(count):
        values[i] = candidates.values[i]
        weights[i] = candidates.weights[i] if weighted else F32(1.0)
    above, low, high = 0.0, NOTHING, F32(np.inf)
    while count > FEW and low < high:
        low, high = _range(values, count)
        if low < high:
            count, above = _narrow(candidates, count, low, high, target, above)
    return _cut_among_few(values, weights, count, target, above)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _range(values: Any, count: Any) -> Any:
    low, high = rank_of(values[0]), rank_of(values[0])
    for i in range(count):
        low, high = min(low, rank_of(values[i])), max(high, rank_of(values[i]))
    return value_of(low), value_of(high)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _narrow(candidates: Any, count: Any, low: Any, high: Any, target: Any, above: Any) -> Any:
    """Leaves of the active values those of the bin in which the target is reached; (how many, weight above them)."""
    values, weights, bins = candidates.active_values, candidates.active_weights, candidates.bin_weights
    for i in range(BINS):
        bins[i] = 0.0
    for i in range(count):
        bins[_bin(values[i], low, high)] += weights[i]
    last = _bin(low, low, high)
    chosen = 0
    while chosen < last and above + bins[chosen] < target:
        above += bins[chosen]
        chosen += 1
    kept = 0
    for i in range(count):
        values[kept], weights[kept] = values[i], weights[i]
        kept += _bin(values[i], low, high) == chosen
    return kept, above


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _bin(value: Any, low: Any, high: Any) -> Any:
    # float64: the width of the widest rows is no float32.
    share = (np.float64(high) - np.float64(value)) / (np.float64(high) - np.float64(low))
    return I32(share * (BINS - 1))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _cut_among_few(values: Any, weights: Any, count: Any, target: Any, above: Any) -> Any:
    cut, ties = F32(np.inf), 0
    while True:
        below, equal, weight = _next_lower(values, weights, count, cut)
        if equal == 0:
            return cut, ties
        cut, ties = below, min(equal, max(1, int(np.ceil((target - above) / weight))))
        above += ties * weight
        if above >= target:
            return cut, ties


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _next_lower(values: Any, weights: Any, count: Any, limit: Any) -> Any:
    """(highest value below the limit, how many have it, the weight of each)."""
    best, equal, weight = NOTHING, 0, np.float64(0.0)
    for i in range(count):
        if values[i] < limit and values[i] >= best:
            equal = equal + 1 if values[i] == best else 1
            best, weight = values[i], np.float64(weights[i])
    return best, equal, weight
