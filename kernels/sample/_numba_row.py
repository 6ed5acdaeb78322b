"""One row of logits on the CPU, in tiles that fit the first cache, cleaned and masked."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels.sample._numba_bits import F32, I32, U64, float_of, rank_of, value_of

TILE = 256
"""Tokens in a tile. Small enough that few tiles hold a token worth looking at, large enough that their maxima are
few: a 400th of the row."""

LARGEST = F32(np.finfo(np.float32).max)
NOTHING = F32(-np.inf)

FAST = {"reassoc", "contract", "arcp"}
"""What LLVM may do to sums. Not that it may forget NaN, infinity or the sign of zero."""


class Row(NamedTuple):
    """A row of logits and the masks on it.

    The logits are bits, in one of two arrays and nothing in the other: a branch for each tile costs nothing, and
    functions of the dtype would be compiled twice.
    """

    vocabulary: int
    float32: NDArray[np.int32]
    bfloat16: NDArray[np.int16]
    is_masked: Any  # bool; where False the words below are not read
    has_language: Any
    language: NDArray[np.int32]  # [words]
    grammar: NDArray[np.int32]  # [words]
    penalty: np.float32


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def load_raw(row: Any, tile: Any, values: Any) -> None:
    """The cleaned logits of a tile: NaN as −inf, +inf as the largest float32, −0 as 0; past the end −inf."""
    start, size = tile * TILE, min(TILE, row.vocabulary - tile * TILE)
    # Unsigned, as for an index that may be negative numba adds what keeps LLVM from making vector code.
    first = U64(start)
    if size < TILE:
        for i in range(TILE):
            values[i] = NOTHING
        for i in range(size):
            at = first + U64(i)
            values[i] = _cleaned(
                float_of(row.float32[at]) if len(row.float32) else float_of(row.bfloat16[at])
            )
    elif len(row.float32):
        for i in range(TILE):
            values[i] = _cleaned(float_of(row.float32[first + U64(i)]))
    else:
        for i in range(TILE):
            values[i] = _cleaned(float_of(row.bfloat16[first + U64(i)]))


@njit(forceinline=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _cleaned(x: Any) -> Any:
    x = x + F32(0.0)
    return x if x <= LARGEST else (LARGEST if x > LARGEST else NOTHING)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def load(row: Any, tile: Any, values: Any) -> None:
    """The logits of a tile as they are drawn from: cleaned, and masked."""
    load_raw(row, tile, values)
    if row.is_masked:
        mask(row, tile, values)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def mask(row: Any, tile: Any, values: Any) -> None:
    """Applies grammar and language to the cleaned logits of a tile."""
    first = tile * (TILE // 32)
    for block in range(min(TILE, row.vocabulary - tile * TILE + 31) // 32):
        language, grammar = row.language[first + block], row.grammar[first + block]
        _mask(values[block * 32 : block * 32 + 32], language, grammar, row.penalty)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _mask(values: Any, language: Any, grammar: Any, penalty: Any) -> None:
    for i in range(32):
        x = values[i]
        x = x if (language >> I32(i)) & I32(1) else x - penalty
        values[i] = x if (grammar >> I32(i)) & I32(1) else NOTHING


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def highest(values: Any) -> Any:
    """The highest of a tile's values."""
    rank = rank_of(NOTHING)
    for i in range(TILE):
        rank = max(rank, rank_of(values[i]))
    return value_of(rank)
