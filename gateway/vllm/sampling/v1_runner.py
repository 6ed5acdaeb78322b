"""Hooks into vLLM's model runner V1 on the CPU: who samples."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gateway.vllm.sampling.config import wants_sampler
from gateway.vllm.sampling.row_sampler import RowSampler
from kernels.sample import sample
from kernels.sample.arguments import Draws

HELD_AT = "dragoman_row_sampler"
"""Attribute of vLLM's sampler."""

LoadModel = Callable[..., None]
SampleRows = Callable[..., tuple[Tensor, Tensor | None]]


def load_model_with_sampler(original: LoadModel) -> LoadModel:
    """``load_model`` of a runner that gives its sampler a `RowSampler`, its kernel compiled before any request."""

    def load_model(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if wants_sampler(self.vllm_config):
            _compile()
            setattr(self.sampler, HELD_AT, RowSampler(self))

    return load_model


def _compile() -> None:
    one, zero = torch.ones(1, 1), torch.zeros(1, 1)
    nothing = torch.zeros(1, dtype=torch.int64)
    sample(torch.zeros(1, 256), Draws(one, zero, zero, zero.int(), one), nothing, nothing, logprobs=False)


def sample_with_kernel(original: SampleRows) -> SampleRows:
    """``Sampler.sample`` that leaves the draws to the sampler's `RowSampler`, where it has one that takes them."""

    def sample(
        self: Any, logits: Tensor, sampling_metadata: Any, logprobs_mode_override: Any = None
    ) -> tuple[Tensor, Tensor | None]:
        held: RowSampler | None = getattr(self, HELD_AT, None)
        if held is None:
            return original(self, logits, sampling_metadata, logprobs_mode_override)
        held.mend_generators(sampling_metadata)
        if held.takes(sampling_metadata, logprobs_mode_override or self.logprobs_mode):
            held.rows["kernel"] += len(logits)
            return held.draw(logits, sampling_metadata), None
        held.rows["vllm"] += len(logits)
        return original(self, logits, sampling_metadata, logprobs_mode_override)

    return sample


def sampled_rows(worker: Any) -> dict[str, int]:
    """How many rows each sampler has drawn on this worker; empty where ours was not asked for."""
    held: RowSampler | None = getattr(getattr(worker.model_runner, "sampler", None), HELD_AT, None)
    return {} if held is None else dict(held.rows)
