"""`sample` on the CPU, compiled by numba: one read of each row where the filters allow, in as many threads as torch."""

import os
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from kernels.sample._numba_rows import compiled_rows
from kernels.sample.arguments import Draws, Logprobs, Masks, Samples

WORTH_A_THREAD = 1 << 18
"""Logits. A thread takes about as long to start as to read so many."""


def sample_on_cpu(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None, *, logprobs: bool
) -> Samples:
    """`kernels.sample.sample` for tensors of the CPU. The first call compiles for seconds."""
    rows, count = draws.temperature.shape
    ids = torch.empty(rows, count, dtype=torch.int32)
    wanted = None
    if logprobs:
        wanted = Logprobs(
            torch.empty(rows, count), torch.empty(rows, count), torch.empty(rows), torch.empty(rows)
        )
    if logits.dtype == torch.float16:
        logits = logits.float()
    is_bfloat16 = logits.dtype == torch.bfloat16
    # Held until the end, as the kernel has their addresses only.
    tables = None if masks is None else _contiguous_masks(masks)
    # Those of a `kernels.sample._numba_call.Call`, which to make takes 6 µs more with cold caches.
    numbers = (
        rows,
        count,
        logits.shape[1],
        logits.data_ptr(),
        is_bfloat16,
        logits.stride(0) * (2 if is_bfloat16 else 4),
        *(_NO_MASKS if tables is None else _mask_addresses(tables)),
        draws.temperature.data_ptr(),
        draws.min_p.data_ptr(),
        draws.top_n_sigma.data_ptr(),
        draws.top_k.data_ptr(),
        draws.top_p.data_ptr(),
        seeds.data_ptr(),
        positions.data_ptr(),
        ids.data_ptr(),
        *(_NO_LOGPROBS if wanted is None else _logprob_addresses(wanted)),
    )
    _run(numbers, 1 if rows == 1 else _threads_for(logits))
    return Samples(ids, wanted)


_NO_MASKS = (0, 0, 0, 0, 0, 0, 0)
_NO_LOGPROBS = (0, 0, 0, 0)


def _run(numbers: tuple[int, ...], threads: int) -> None:
    rows = compiled_rows()
    if threads == 1:
        rows(0, 1, numbers)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda first: rows(first, threads, numbers), range(threads)))


def _threads_for(logits: Tensor) -> int:
    # An engine may have bound this thread, and with it every thread that it starts, to one core. numba's own threads
    # would be bound likewise, take another 15 s to compile, and would have to be shared with nobody.
    worth = min(logits.shape[0], logits.numel() // WORTH_A_THREAD, torch.get_num_threads())
    return 1 if worth <= 1 else min(worth, len(os.sched_getaffinity(0)))


def _contiguous_masks(masks: Masks) -> Masks:
    grammar = None if masks.grammar is None else masks.grammar.contiguous()
    return Masks(
        masks.languages.contiguous(), masks.language_of_row.contiguous(), masks.penalty.contiguous(), grammar
    )


def _mask_addresses(masks: Masks) -> tuple[int, int, int, int, int, int, int]:
    grammar = (0, 0) if masks.grammar is None else (masks.grammar.data_ptr(), masks.grammar.shape[1])
    count, words = masks.languages.shape
    tables = (masks.languages.data_ptr(), count, words)
    return (*tables, masks.language_of_row.data_ptr(), masks.penalty.data_ptr(), *grammar)


def _logprob_addresses(wanted: Logprobs) -> tuple[int, int, int, int]:
    return (
        wanted.raw.data_ptr(),
        wanted.processed.data_ptr(),
        wanted.log_sum_exp.data_ptr(),
        wanted.language_mass.data_ptr(),
    )
