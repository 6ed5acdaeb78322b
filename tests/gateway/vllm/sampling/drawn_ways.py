"""One engine's batches, drawn as on another device, with other kernels, or by vLLM alone.

What is called here runs in the process of the engines, under either of vLLM's model runners.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from kernels.sample import Draws, Samples
from tests.gateway.vllm.host_waits import waiting_for_nothing
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, engine, sampled_rows


@dataclass(frozen=True)
class Way:
    """by_vllm: without our sampler. takes_ranks: False as on CUDA. by_triton: with CUDA's kernels, interpreted."""

    by_vllm: bool = False
    takes_ranks: bool = True
    by_triton: bool = False
    logprobs_mode: str = "raw_logprobs"


def ask_in(spec: EngineSpec, requests: list[Ask], way: Way) -> tuple[list[Answer], dict[str, int]]:
    """The answers of one batch, and how many rows were drawn by whom."""
    before = Counter(sampled_rows(spec))
    with _drawn(_runner(spec), way):
        answers = ask(spec, requests)
    return answers, dict(Counter(sampled_rows(spec)) - before)


def ask_a_noisy_model(spec: EngineSpec, requests: list[Ask], way: Way) -> list[Answer]:
    """The answers where the same text never has the same logits twice, as if each batch rounded in a way of its own."""
    model = _runner(spec).model
    exact = model.compute_logits

    def noisy(*args: Any, **kwargs: Any) -> Tensor:
        logits: Tensor = exact(*args, **kwargs)
        return logits + 0.1 * torch.randn_like(logits)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "compute_logits", noisy)
        return ask_in(spec, requests, way)[0]


def _runner(spec: EngineSpec) -> Any:
    core: Any = engine(spec).llm_engine.engine_core
    return core.engine_core.model_executor.driver_worker.worker.model_runner


@contextmanager
def _drawn(runner: Any, way: Way) -> Iterator[None]:
    from gateway.vllm.sampling.v1_runner import HELD_AT

    sampler = runner.sampler
    held = getattr(sampler, HELD_AT, None)
    with pytest.MonkeyPatch.context() as patch:
        if not torch.cuda.is_available():
            # vLLM's kernel for ranks does not run under the interpreter; its other implementation does.
            patch.setattr("vllm.v1.sample.ops.topk_topp_sampler.HAS_TRITON", False)
        for each in (sampler, getattr(sampler, "topk_topp_sampler", None) or sampler._stock):
            patch.setattr(each, "logprobs_mode", way.logprobs_mode)
        patch.setattr(held or sampler, "_takes_ranks", way.takes_ranks)
        if way.by_triton:
            patch.setattr("gateway.vllm.sampling.row_draws.sample", _sample_with_triton)
        if way.by_vllm and held:
            patch.delattr(sampler, HELD_AT)
        elif way.by_vllm:
            patch.setattr(runner, "sampler", _as_vllm_made_it(sampler))
        yield


def _as_vllm_made_it(sampler: Any) -> Any:
    from vllm.v1.worker.gpu.sample.sampler import Sampler
    from vllm.v1.worker.gpu.sample.states import SamplingStates

    stock, states = copy(sampler), copy(sampler.sampling_states)
    stock.__class__, states.__class__ = Sampler, SamplingStates
    stock.sampling_states = states
    return stock


def _sample_with_triton(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, *, logprobs: bool, ranked: bool
) -> Samples:
    from kernels.sample._triton import sample_with_triton

    return sample_with_triton(logits, draws, seeds, positions, None, logprobs=logprobs, ranked=ranked)


def ask_without_waiting(spec: EngineSpec, requests: list[Ask], way: Way) -> int:
    """How many steps were drawn. Raises `AssertionError` where a draw waited for the device, or would on one."""
    from gateway.vllm.sampling.row_draws import RowDraws

    drawn, steps = RowDraws.tokens, []

    def watched(self: RowDraws, logits: Tensor, tokens_before: Tensor) -> Tensor:
        steps.append(1)
        with waiting_for_nothing():
            return drawn(self, logits, tokens_before)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RowDraws, "tokens", watched)
        ask_in(spec, requests, way)
    return len(steps)
