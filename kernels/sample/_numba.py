"""`sample` on the CPU, compiled by numba: rows in parallel, one read of each where the filters allow."""

import os

import numba
import torch
from torch import Tensor

from kernels.sample._numba_rows import (
    DrawArrays,
    LogitArrays,
    MaskArrays,
    OutputArrays,
    sample_every_nth_row,
    sample_in_threads,
)
from kernels.sample.arguments import Draws, Logprobs, Masks, Samples


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
        threads = _threads_for(rows)
        # One thread needs no pool, whose wake-up costs as much as a row.
        if threads == 1:
            sample_every_nth_row(*arguments, 0, 1)
        else:
            sample_in_threads(*arguments, threads)
    return Samples(ids, wanted if logprobs else None)


def _threads_for(rows: int) -> int:
    # An engine may have bound this thread, and with it every thread that it starts, to one core.
    return min(rows, torch.get_num_threads(), numba.get_num_threads(), len(os.sched_getaffinity(0)))


def _logit_arrays(logits: Tensor) -> LogitArrays:
    if logits.dtype == torch.float16:
        logits = logits.float()
    rows, vocabulary = logits.shape
    stride = logits.stride(0)
    flat = logits.as_strided(((rows - 1) * stride + vocabulary,), (1,))
    words = flat.view(torch.int16 if logits.dtype == torch.bfloat16 else torch.int32)
    return LogitArrays(words.numpy(), stride, vocabulary)


def _mask_arrays(masks: Masks | None, rows: int, vocabulary: int) -> MaskArrays:
    all_set = torch.full((1, -(-vocabulary // 32)), -1, dtype=torch.int32)
    if masks is None:
        none = torch.full((rows,), -1, dtype=torch.int32)
        masks = Masks(all_set, none, torch.zeros(rows), None)
    grammar = all_set if masks.grammar is None else masks.grammar
    tensors = (masks.languages, masks.language_of_row, masks.penalty, grammar, all_set[0])
    return MaskArrays(*(tensor.contiguous().numpy() for tensor in tensors), masks.grammar is not None)


def _draw_arrays(draws: Draws, seeds: Tensor, positions: Tensor) -> DrawArrays:
    filters = (draws.temperature, draws.min_p, draws.top_n_sigma, draws.top_k, draws.top_p)
    return DrawArrays(*(tensor.contiguous().numpy() for tensor in (*filters, seeds, positions)))


def _output_arrays(ids: Tensor, wanted: Logprobs) -> OutputArrays:
    tensors = (ids, wanted.raw, wanted.processed, wanted.log_sum_exp, wanted.language_mass)
    return OutputArrays(*(tensor.numpy() for tensor in tensors))
