"""The tensors of one call as the CPU's kernel takes them: by address.

To make arrays of them in Python and have numba unpack those took 40 µs a call, as long as to read 100,000 logits. As
one named tuple they took 3 µs, and 26 with cold caches; as plain numbers they take 1, and 5.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from kernels._numba_arrays import numbers_at, table_at
from kernels.sample._numba_bits import F32, I16, I32, I64
from kernels.sample._numba_row import Row


class Call(NamedTuple):
    """Sizes, and addresses of contiguous tensors, 0 for those that are not there.

    Whoever makes it keeps the tensors alive.
    """

    rows: int
    draws: int
    vocabulary: int
    logits: int  # float32, or bfloat16; tokens adjacent
    is_bfloat16: bool
    row_bytes: int  # from a row of logits to the next
    languages: int
    languages_count: int
    language_words: int
    language_of_row: int  # 0 without masks
    penalty: int
    grammar: int
    grammar_words: int
    temperature: int  # this and the next ones: as in `DrawArrays`
    min_p: int
    top_n_sigma: int
    top_k: int
    top_p: int
    seeds: int
    positions: int
    ids: int
    raw: int
    processed: int
    log_sum_exp: int  # 0 where no log-probabilities are wanted
    language_mass: int


class MaskArrays(NamedTuple):
    """As `kernels.sample.Masks`, with a row of set bits for every row that lacks a mask."""

    languages: Any
    language_of_row: Any
    penalty: Any
    grammar: Any
    all_set: Any
    is_given: bool
    has_grammar: bool


class DrawArrays(NamedTuple):
    """As `kernels.sample.Draws`, with the rows' seeds and positions."""

    temperature: Any
    min_p: Any
    top_n_sigma: Any
    top_k: Any
    top_p: Any
    seeds: Any
    positions: Any


class OutputArrays(NamedTuple):
    """As `kernels.sample.Samples`, to be filled."""

    ids: Any
    raw: Any
    processed: Any
    log_sum_exp: Any
    language_mass: Any


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def arrays_of(call: Any) -> Any:
    """The call's masks, draws and outputs."""
    return _masks_of(call), _draws_of(call), _outputs_of(call)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def row_of(call: Any, masks: Any, index: Any) -> Any:
    """A row of the call."""
    start = call.logits + index * call.row_bytes
    language = masks.language_of_row[index] if masks.is_given else I32(-1)
    return Row(
        call.vocabulary,
        numbers_at(start, 0 if call.is_bfloat16 else call.vocabulary, I32),
        numbers_at(start, call.vocabulary if call.is_bfloat16 else 0, I16),
        masks.has_grammar or language >= 0,
        language >= 0,
        masks.languages[language] if language >= 0 else masks.all_set,
        masks.grammar[index] if masks.has_grammar else masks.all_set,
        masks.penalty[index] if masks.is_given else F32(0.0),
    )


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _masks_of(call: Any) -> Any:
    is_given, has_grammar = call.language_of_row != 0, call.grammar != 0
    rows = call.rows if is_given else 0
    return MaskArrays(
        table_at(call.languages, call.languages_count, call.language_words, I32),
        numbers_at(call.language_of_row, rows, I32),
        numbers_at(call.penalty, rows, F32),
        table_at(call.grammar, rows, call.grammar_words, I32),
        np.full(-(-call.vocabulary // 32) if is_given else 0, -1, I32),
        is_given,
        has_grammar,
    )


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _draws_of(call: Any) -> Any:
    return DrawArrays(
        table_at(call.temperature, call.rows, call.draws, F32),
        table_at(call.min_p, call.rows, call.draws, F32),
        table_at(call.top_n_sigma, call.rows, call.draws, F32),
        table_at(call.top_k, call.rows, call.draws, I32),
        table_at(call.top_p, call.rows, call.draws, F32),
        numbers_at(call.seeds, call.rows, I64),
        numbers_at(call.positions, call.rows, I64),
    )


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _outputs_of(call: Any) -> Any:
    return OutputArrays(
        table_at(call.ids, call.rows, call.draws, I32),
        table_at(call.raw, call.rows, call.draws, F32),
        table_at(call.processed, call.rows, call.draws, F32),
        numbers_at(call.log_sum_exp, call.rows, F32),
        numbers_at(call.language_mass, call.rows, F32),
    )
