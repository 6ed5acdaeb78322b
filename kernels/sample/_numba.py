"""`sample` on the CPU, compiled by numba: one read of each row where the filters allow, in as many threads as torch."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from kernels.sample._numba_rows import (
    DrawArrays,
    LogitArrays,
    MaskArrays,
    OutputArrays,
    sample_every_nth_row,
)
from kernels.sample.arguments import Draws, Logprobs, Masks, Samples

WORTH_A_THREAD = 1 << 18
"""Logits. A thread takes about as long to start as to read so many."""


def sample_on_cpu(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None, *, logprobs: bool
) -> Samples:
    """`kernels.sample.sample` for tensors of the CPU. The first call for a dtype compiles for seconds."""
    rows, count = draws.temperature.shape
    ids = torch.empty(rows, count, dtype=torch.int32)
    wanted = Logprobs(
        torch.empty(rows, count), torch.empty(rows, count), torch.empty(rows), torch.empty(rows)
    )
    if rows:
        arguments = (
            _logit_arrays(logits),
            _mask_arrays(masks, rows, logits.shape[1]),
            _draw_arrays(draws, seeds, positions),
            _output_arrays(ids, wanted),
            logprobs,
        )
        threads = _threads_for(logits)
        if threads == 1:
            sample_every_nth_row(*arguments, 0, 1)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda first: sample_every_nth_row(*arguments, first, threads), range(threads)))
    return Samples(ids, wanted if logprobs else None)


def _threads_for(logits: Tensor) -> int:
    # An engine may have bound this thread, and with it every thread that it starts, to one core. numba's own threads
    # would be bound likewise, take another 15 s to compile, and would have to be shared with nobody.
    cores = min(torch.get_num_threads(), len(os.sched_getaffinity(0)))
    return max(1, min(cores, logits.shape[0], logits.numel() // WORTH_A_THREAD))


def _logit_arrays(logits: Tensor) -> LogitArrays:
    if logits.dtype == torch.float16:
        logits = logits.float()
    rows, vocabulary = logits.shape
    stride = logits.stride(0)
    flat = logits.as_strided(((rows - 1) * stride + vocabulary,), (1,))
    if logits.dtype == torch.bfloat16:
        return LogitArrays(np.empty(0, np.int32), flat.view(torch.int16).numpy(), stride, vocabulary)
    return LogitArrays(flat.view(torch.int32).numpy(), np.empty(0, np.int16), stride, vocabulary)


def _mask_arrays(masks: Masks | None, rows: int, vocabulary: int) -> MaskArrays:
    if masks is None:
        # Words that are never read; to make real ones would take as long as to read a small row.
        none = np.empty((0, 0), np.int32)
        return MaskArrays(
            none, np.full(rows, -1, np.int32), np.zeros(rows, np.float32), none, np.empty(0, np.int32), False
        )
    all_set = np.full((1, -(-vocabulary // 32)), -1, np.int32)
    return MaskArrays(
        masks.languages.contiguous().numpy(),
        masks.language_of_row.numpy(),
        masks.penalty.numpy(),
        all_set if masks.grammar is None else masks.grammar.contiguous().numpy(),
        all_set[0],
        masks.grammar is not None,
    )


def _draw_arrays(draws: Draws, seeds: Tensor, positions: Tensor) -> DrawArrays:
    filters = (draws.temperature, draws.min_p, draws.top_n_sigma, draws.top_k, draws.top_p)
    return DrawArrays(*(tensor.contiguous().numpy() for tensor in (*filters, seeds, positions)))


def _output_arrays(ids: Tensor, wanted: Logprobs) -> OutputArrays:
    tensors = (ids, wanted.raw, wanted.processed, wanted.log_sum_exp, wanted.language_mass)
    return OutputArrays(*(tensor.numpy() for tensor in tensors))
