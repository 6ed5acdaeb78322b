"""Rows on the CPU, one after another: what is read once for all draws of a row, then its draws."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit, types

from kernels._numba_cache import kept
from kernels.sample._numba_bits import F32, I32, noise_key
from kernels.sample._numba_call import Call, arrays_of, row_of
from kernels.sample._numba_draw import Filters, Scratch, draw, greedy
from kernels.sample._numba_read import deviation, raw_sums, tile_maxima
from kernels.sample._numba_row import NOTHING, TILE, Row, load_raw


@cache
def compiled_rows() -> Callable[[int, int, tuple[int, ...]], None]:
    """`sample_every_nth_row`, compiled: first row, step, and the numbers of a `kernels.sample._numba_call.Call`.

    What numba puts around it looks up the types of all numbers at each call, 6 µs with cold caches.
    """
    numbers = types.UniTuple(types.int64, len(Call._fields))
    entry: Callable[[int, int, tuple[int, ...]], None] = sample_every_nth_row.compile(
        (types.int64, types.int64, numbers)
    )
    return entry


@kept(nogil=True, error_model="numpy")
def sample_every_nth_row(first: Any, step: Any, numbers: Any) -> None:
    """Fills the outputs of rows first, first + step, …"""
    call = Call(*numbers)
    masks, draws, outputs = arrays_of(call)
    scratch, logprobs = _scratch(call.vocabulary), call.log_sum_exp != 0
    for index in range(first, call.rows, step):
        row = row_of(call, masks, index)
        if logprobs:
            _sum_raw(row, outputs, index, scratch)
            top = scratch.maxima.max()
        else:
            top = tile_maxima(row, scratch.tile, scratch.maxima)
        if top == NOTHING and row.is_masked and row.penalty == np.inf:
            row = _without_language(row, masks)
            top = tile_maxima(row, scratch.tile, scratch.maxima)
        _draw_all(row, draws, outputs, index, scratch, top, logprobs)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _scratch(vocabulary: Any) -> Any:
    return Scratch(np.empty(TILE, np.float32), np.empty(-(-vocabulary // TILE), np.float32))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _without_language(row: Any, masks: Any) -> Any:
    return Row(
        row.vocabulary,
        row.float32,
        row.bfloat16,
        masks.has_grammar,
        False,
        masks.all_set,
        row.grammar,
        F32(0.0),
    )


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _sum_raw(row: Any, outputs: Any, index: Any, scratch: Any) -> None:
    top, total, chosen = raw_sums(row, scratch.tile, scratch.maxima)
    if top == NOTHING:
        outputs.log_sum_exp[index], outputs.language_mass[index] = NOTHING, 0.0
    else:
        outputs.log_sum_exp[index] = top + np.log(total)
        outputs.language_mass[index] = chosen / total if row.has_language else 1.0


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _draw_all(row: Any, draws: Any, outputs: Any, index: Any, scratch: Any, top: Any, logprobs: Any) -> None:
    spread = deviation(row, scratch.tile) if top > NOTHING and draws.top_n_sigma[index].max() > 0 else 0.0
    for which in range(draws.temperature.shape[1]):
        filters = Filters(
            np.float64(draws.temperature[index, which]),
            np.float64(draws.min_p[index, which]),
            np.float64(draws.top_n_sigma[index, which]),
            draws.top_k[index, which],
            np.float64(draws.top_p[index, which]),
            spread,
        )
        token, logprob = I32(-1), -np.inf
        if filters.temperature == 0 and top > NOTHING:
            token, logprob = greedy(row, scratch, top), 0.0
        elif filters.temperature > 0 and top > NOTHING:
            key = noise_key(draws.seeds[index], draws.positions[index], which)
            token, logprob = draw(row, scratch, top, filters, key, logprobs)
        outputs.ids[index, which] = token
        if logprobs:
            outputs.processed[index, which] = logprob
            outputs.raw[index, which] = _raw_logprob(row, token, outputs.log_sum_exp[index], scratch.tile)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _raw_logprob(row: Any, token: Any, log_sum_exp: Any, values: Any) -> Any:
    if token < 0:
        return NOTHING
    load_raw(row, token // TILE, values)
    return values[token % TILE] - log_sum_exp
