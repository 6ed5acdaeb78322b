"""The draws of a step by `kernels.sample`, from what vLLM's model runner V1 knows of its batch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from vllm.config.model import PROCESSED_LOGPROBS_MODES
from vllm.v1.sample.logits_processor.builtin import MinPLogitsProcessor
from vllm.v1.sample.metadata import SamplingMetadata

from gateway.vllm.sampling.first_rows import PARENT_ARGUMENT, FirstRows
from gateway.vllm.sampling.row_draws import RowDraws
from gateway.vllm.sampling.seeded_generator import mended

GREEDY_BELOW = 1e-5
"""Temperatures that vLLM takes for 0."""

_ALL_BITS = 1 << 64


@dataclass(frozen=True, slots=True)
class Batch:
    """How the rows of a batch are drawn, until it changes.

    counts: how many rows "kernel" and "vllm" draw. left: [rows] bool, those that vLLM does.
    draws: of all rows; None where all are left to vLLM.
    ends: [rows] int32, the runner's own: how many tokens stand before each row's next. positions: [rows] int64, room.
    All tensors are where the logits are.
    """

    counts: Mapping[str, int]
    left: Tensor
    draws: RowDraws | None
    ends: Tensor
    positions: Tensor

    def tokens(self, logits: Tensor) -> Tensor | None:
        """As `RowDraws.tokens`, of this step; None where all are left to vLLM."""
        if self.draws is None:
            return None
        return self.draws.tokens(logits, self.positions.copy_(self.ends))


class RowSampler:
    """Knows how each row of a batch is drawn. One for each model runner, asked once a step.

    The seeds of requests without one come from torch's generator, as vLLM's noise does.

    Everything that changes logits (penalties, biases, bad words, masks, grammars, any processor that can change the
    likeliest token) has been applied by then, and so composes.

    takes_ranks: whether top-k and top-p are ours. On CUDA they are vLLM's, whose own kernels need not sort for them.
    rows: how many rows were drawn by "kernel" and by "vllm".
    """

    def __init__(self, runner: Any, *, takes_ranks: bool) -> None:
        self._runner = runner
        self._takes_ranks = takes_ranks
        self._metadata: SamplingMetadata | None = None
        self._batch: Batch | None = None
        self._begun_with: SamplingMetadata | None = None
        self._beginning: list[tuple[int, str]] = []
        self._first_rows = FirstRows()
        self.rows: Counter[str] = Counter()

    def is_of_batch(self, metadata: SamplingMetadata) -> bool:
        """Whether it tells of the runner's batch: what an engine warms up with does not."""
        return metadata is self._runner.input_batch.sampling_metadata

    def batch(self, metadata: SamplingMetadata, logprobs_mode: str, logits: Tensor) -> Batch | None:
        """The batch that a step is drawn from; None where it is not the runner's.

        Put together when the batch changes: vLLM makes new metadata then. A step in which it does not sends nothing
        to the device, and none waits for it.
        """
        if not self.is_of_batch(metadata):
            return None
        if self._batch is None or metadata is not self._metadata:
            for row, generator in metadata.generators.items():
                metadata.generators[row] = mended(generator)
            self._batch, self._metadata = self._put_together(metadata, logprobs_mode, logits), metadata
        return self._batch

    def _put_together(self, metadata: SamplingMetadata, logprobs_mode: str, logits: Tensor) -> Batch:
        rows, device = len(logits), logits.device
        left = self._left_to_vllm(metadata, logprobs_mode, rows)
        count = int(left.sum())
        return Batch(
            {"kernel": rows - count, "vllm": count},
            torch.from_numpy(left).to(device),
            None if count == rows else _draws(metadata, logits),
            self._runner.seq_lens[:rows],
            torch.empty(rows, dtype=torch.int64, device=device),
        )

    def count(self, batch: Batch) -> None:
        """Adds a step's rows to those that were drawn."""
        for sampler, rows in batch.counts.items():  # Counter.update takes 60 µs with cold caches
            self.rows[sampler] += rows

    def share_first_rows(self, logits: Tensor, metadata: SamplingMetadata) -> None:
        """Gives all answers to one request the same row [vocabulary] of logits to draw their first token from."""
        if self._beginning or metadata is not self._begun_with:
            self._beginning, self._begun_with = self._rows_to_begin(), metadata
            # A part of a prompt, whose token is thrown away, begins nothing yet.
            is_part = self._runner.discard_request_mask.np
            self._first_rows.share(logits, [each for each in self._beginning if not is_part[each[0]]])

    def _rows_to_begin(self) -> list[tuple[int, str]]:
        """The rows of answers without a token yet that have siblings, with what these have in common."""
        rows = []
        for row, request_id in enumerate(self._runner.input_batch.req_ids):
            request = self._runner.requests[request_id]
            arguments = request.sampling_params and request.sampling_params.extra_args
            if arguments and PARENT_ARGUMENT in arguments and not request.output_token_ids:
                rows.append((row, arguments[PARENT_ARGUMENT]))
        return rows

    def _left_to_vllm(self, metadata: SamplingMetadata, logprobs_mode: str, rows: int) -> NDArray[np.bool_]:
        """Rows that want log-probabilities *after* the filters, and those with ranks where these are not ours.

        All rows where a processor of somebody else's acts on random draws only: nobody knows on which.
        """
        batch = self._runner.input_batch
        if any(type(each) is not MinPLogitsProcessor for each in metadata.logitsprocs.argmax_invariant):
            return np.ones(rows, bool)
        left = np.zeros(rows, bool)
        if logprobs_mode in PROCESSED_LOGPROBS_MODES:
            wanting = [*batch.num_logprobs, *batch.logprob_token_ids]
            left[[batch.req_id_to_index[request] for request in wanting]] = True
        if not self._takes_ranks:
            left |= _is_ranked(metadata, batch, rows)
        return left


def _is_ranked(metadata: SamplingMetadata, batch: Any, rows: int) -> NDArray[np.bool_]:
    ranked = np.zeros(rows, bool)
    if metadata.top_k is not None:
        ranked |= batch.top_k_cpu[:rows] < batch.vocab_size
    if metadata.top_p is not None:
        ranked |= batch.top_p_cpu[:rows] < 1
    return ranked


def _draws(metadata: SamplingMetadata, logits: Tensor) -> RowDraws:
    (rows, vocabulary), device = logits.shape, logits.device
    none = torch.zeros(rows, device=device)
    temperature = none if metadata.temperature is None else metadata.temperature
    return RowDraws.of(
        torch.where(temperature < GREEDY_BELOW, 0.0, temperature),
        _min_p(metadata, none),
        (metadata.top_k, metadata.top_p),
        _seeds(metadata, rows, device),
        vocabulary,
    )


def _min_p(metadata: SamplingMetadata, none: Tensor) -> Tensor:
    for processor in metadata.logitsprocs.argmax_invariant:
        if isinstance(processor, MinPLogitsProcessor) and processor.min_p_count:
            return processor.min_p_device[: len(none)]
    return none


def _seeds(metadata: SamplingMetadata, rows: int, device: torch.device) -> Tensor:
    # By the device's own generator, as vLLM's noise: the workers of a tensor-parallel engine must draw alike.
    seeds = torch.randint(0, 2**63 - 1, (rows,), device=device)
    if metadata.generators:
        given = [_as_int64(generator.initial_seed()) for generator in metadata.generators.values()]
        seeds[torch.tensor(list(metadata.generators), device=device)] = torch.tensor(given, device=device)
    return seeds


def _as_int64(seed: int) -> int:
    return (seed + _ALL_BITS // 2) % _ALL_BITS - _ALL_BITS // 2
