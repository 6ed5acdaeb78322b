"""Hooks into vLLM's model runner V1, the CPU's, and CUDA's where it is forced: who samples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gateway.vllm.sampling.config import wants_sampler
from gateway.vllm.sampling.row_draws import RowDraws
from gateway.vllm.sampling.row_sampler import RowSampler
from gateway.vllm.sampling.worker import COUNTED_AT

HELD_AT = "dragoman_row_sampler"
"""Attribute of vLLM's sampler."""

LoadModel = Callable[..., None]
SampleRows = Callable[..., tuple[Tensor, Tensor | None]]


def load_model_with_sampler(original: LoadModel) -> LoadModel:
    """``load_model`` of a runner that gives its sampler a `RowSampler`, its kernel compiled before any request."""

    def load_model(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if wants_sampler(self.vllm_config):
            compile_kernel(self.model_config.get_vocab_size(), self.device)
            held = RowSampler(self, takes_ranks=self.device.type == "cpu")
            setattr(self.sampler, HELD_AT, held)
            setattr(self.sampler, COUNTED_AT, held.rows)
            if self.device.type == "cpu":
                from vllm.v1.sample import sampler

                setattr(sampler, "batched_count_greater_than", ranks)  # noqa: B010 - by name, as mypy forbids it else

    return load_model


def ranks(logprobs: Tensor, token_logprobs: Tensor) -> Tensor:
    """[rows] int64: how many of a row's log-probabilities, [rows, vocabulary], are at least its token's, [rows, 1].

    Float32, on the CPU. vLLM compiles this at the first request with log-probabilities, and every answer waits: 1.3 to
    1.8 s of CPU time and a C++ compiler's besides. Row by row, what is compared stays in the cache: 31 µs for one row
    of 49,000 and 0.7 ms for 32, where vLLM's compiled one takes 101 and 1.0, and torch as it is 87 and 3.7.
    """
    rows = zip(logprobs.numpy(), token_logprobs.numpy(), strict=True)
    counts = [np.count_nonzero(row >= token) for row, token in rows]
    return torch.tensor(counts, dtype=torch.int64)


def compile_kernel(vocabulary: int, device: torch.device) -> None:
    """Draws once, from logits as an engine's are: what is compiled for that stays."""
    one, zero = torch.ones(1, device=device), torch.zeros(1, device=device)
    draws = RowDraws.of(one, zero, (None, None), zero.long(), vocabulary)
    draws.tokens(torch.zeros(1, vocabulary, device=device), zero.long())


def sample_with_kernel(original: SampleRows) -> SampleRows:
    """``Sampler.sample`` that leaves the draws to the sampler's `RowSampler`, where it has one that takes them."""

    def sample(
        self: Any, logits: Tensor, sampling_metadata: Any, logprobs_mode_override: Any = None
    ) -> tuple[Tensor, Tensor | None]:
        held: RowSampler | None = getattr(self, HELD_AT, None)
        mode = logprobs_mode_override or self.logprobs_mode
        batch = None if held is None else held.batch(sampling_metadata, mode, logits)
        if held is None or batch is None:
            return original(self, logits, sampling_metadata, logprobs_mode_override)
        held.count(batch)
        # Ours first: vLLM's sampler writes into the logits.
        drawn = batch.tokens(logits)
        if drawn is not None and not batch.counts["vllm"]:
            return drawn, None
        sampled, processed = original(self, logits, sampling_metadata, logprobs_mode_override)
        return sampled if drawn is None else torch.where(batch.left, sampled, drawn), processed

    return sample


def forward_from_first_rows(original: Callable[..., Any]) -> Callable[..., Any]:
    """``Sampler.forward`` that first gives all answers to one request the same row to begin from."""

    def forward(self: Any, logits: Tensor, sampling_metadata: Any, *args: Any, **kwargs: Any) -> Any:
        held: RowSampler | None = getattr(self, HELD_AT, None)
        if held is not None and held.is_of_batch(sampling_metadata):
            held.share_first_rows(logits, sampling_metadata)
        return original(self, logits, sampling_metadata, *args, **kwargs)

    return forward
