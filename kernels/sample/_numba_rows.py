"""Rows on the CPU, one after another: what is read once for all draws of a row, then its draws."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels.sample._numba_bits import F32, I32, noise_key
from kernels.sample._numba_cut import BINS, Candidates
from kernels.sample._numba_draw import Filters, Scratch, draw, greedy
from kernels.sample._numba_row import NOTHING, TILE, Row, deviation, load_raw, raw_sums, tile_maxima


class LogitArrays(NamedTuple):
    """The bits of the logits, `stride` words from row to row, in one of two arrays and nothing in the other."""

    float32: NDArray[np.int32]
    bfloat16: NDArray[np.int16]
    stride: int
    vocabulary: int


class MaskArrays(NamedTuple):
    """As `kernels.sample.Masks`, with a row of set bits for every row that lacks a mask."""

    languages: NDArray[np.int32]
    language_of_row: NDArray[np.int32]
    penalty: NDArray[np.float32]
    grammar: NDArray[np.int32]
    all_set: NDArray[np.int32]
    has_grammar: bool


class DrawArrays(NamedTuple):
    """As `kernels.sample.Draws`, with the rows' seeds and positions."""

    temperature: NDArray[np.float32]
    min_p: NDArray[np.float32]
    top_n_sigma: NDArray[np.float32]
    top_k: NDArray[np.int32]
    top_p: NDArray[np.float32]
    seeds: NDArray[np.int64]
    positions: NDArray[np.int64]


class OutputArrays(NamedTuple):
    """As `kernels.sample.Samples`, to be filled."""

    ids: NDArray[np.int32]
    raw: NDArray[np.float32]
    processed: NDArray[np.float32]
    log_sum_exp: NDArray[np.float32]
    language_mass: NDArray[np.float32]


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sample_every_nth_row(
    logits: Any, masks: Any, draws: Any, outputs: Any, logprobs: Any, first: Any, step: Any
) -> None:
    """Fills the outputs of rows first, first + step, …"""
    scratch = _scratch(logits.vocabulary)
    for index in range(first, len(outputs.ids), step):
        row = _row(logits, masks, index)
        if logprobs:
            _sum_raw(row, masks, outputs, index, scratch)
            top = scratch.maxima.max()
        else:
            top = tile_maxima(row, scratch.tile, scratch.maxima)
        if top == NOTHING and row.is_masked and row.penalty == np.inf:
            row = _without_language(row, masks)
            top = tile_maxima(row, scratch.tile, scratch.maxima)
        _draw_all(row, draws, outputs, index, scratch, top, logprobs)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _scratch(vocabulary: Any) -> Any:
    floats = np.empty((4, vocabulary + 1), np.float32)
    ids, bins = np.empty(vocabulary + 1, np.int32), np.empty(BINS, np.float64)
    candidates = Candidates(floats[0], ids, floats[1], floats[2], floats[3], bins)
    tiles = -(-vocabulary // TILE)
    return Scratch(np.empty(TILE, np.float32), np.empty(tiles, np.float32), candidates)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _row(logits: Any, masks: Any, index: Any) -> Any:
    start = index * logits.stride
    language = masks.language_of_row[index]
    return Row(
        logits.vocabulary,
        logits.float32[start : start + logits.vocabulary],
        logits.bfloat16[start : start + logits.vocabulary],
        masks.has_grammar or language >= 0,
        masks.languages[language] if language >= 0 else masks.all_set,
        masks.grammar[index] if masks.has_grammar else masks.all_set,
        masks.penalty[index],
    )


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _without_language(row: Any, masks: Any) -> Any:
    return Row(
        row.vocabulary,
        row.float32,
        row.bfloat16,
        masks.has_grammar,
        masks.all_set,
        row.grammar,
        F32(0.0),
    )


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _sum_raw(row: Any, masks: Any, outputs: Any, index: Any, scratch: Any) -> None:
    top, total, chosen = raw_sums(row, scratch.tile, scratch.maxima)
    if top == NOTHING:
        outputs.log_sum_exp[index], outputs.language_mass[index] = NOTHING, 0.0
    else:
        outputs.log_sum_exp[index] = top + np.log(total)
        outputs.language_mass[index] = chosen / total if masks.language_of_row[index] >= 0 else 1.0


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
