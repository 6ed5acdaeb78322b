"""Our samplers for CUDA as a benchmark calls them, and what they draw beside the reference."""

import ctypes
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from kernels.sample import Logprobs, Samples
from kernels.sample._cuda import MOST_DRAWS, sample_with_cuda
from kernels.sample._triton import sample_with_triton
from kernels.sample.cases import Case
from kernels.sample.reference import reference

LOGPROB_TOLERANCE = 1e-5

Sampler = Callable[[Case, Tensor, bool], Samples]
"""Of a case, other logits in its place, and whether log-probabilities are wanted."""


def moved(thing: Any, device: str) -> Any:
    """A dataclass of tensors, some of them in dataclasses, on a device."""
    changed: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, Tensor):
            changed[field.name] = value.to(device)
        elif hasattr(value, "__dataclass_fields__"):
            changed[field.name] = moved(value, device)
    return replace(thing, **changed)


def is_ranked(case: Case) -> bool:
    """Whether any draw has a filter that ranks tokens: Triton sorts for it, the CUDA C++ kernel has none."""
    draws = case.draws
    return bool((draws.top_n_sigma > 0).any() or (draws.top_k > 0).any() or (draws.top_p < 1).any())


def samplers_for(case: Case, library: ctypes.CDLL | None) -> dict[str, Sampler]:
    """Those that can draw this case. library: the CUDA C++ kernel, where there is one."""
    ranked = is_ranked(case)

    def by_triton(case: Case, logits: Tensor, logprobs: bool) -> Samples:
        arguments = (logits, case.draws, case.seeds, case.positions, case.masks)
        return sample_with_triton(*arguments, logprobs=logprobs, ranked=ranked)

    if library is None or ranked or case.draws.temperature.shape[1] > MOST_DRAWS:
        return {"Triton": by_triton}

    def by_cuda(case: Case, logits: Tensor, logprobs: bool) -> Samples:
        return sample_with_cuda(
            library,
            *(logits, case.draws, case.seeds, case.positions, case.masks),
            stream=torch.cuda.current_stream().cuda_stream,
            logprobs=logprobs,
        )

    return {"Triton": by_triton, "CUDA": by_cuda}


def wanted_of(case: Case) -> Samples:
    """What the float64 reference draws. case: on the CPU."""
    return reference(case.logits, case.draws, case.seeds, case.positions, case.masks)


def disagreement(case: Case, wanted: Samples, sampler: Sampler, device: str) -> str:
    """How the draws differ from those that are wanted; empty where they do not. case: on the CPU."""
    there = moved(case, device)
    got = sampler(there, there.logits, True)
    assert got.logprobs is not None
    assert wanted.logprobs is not None
    wrong = int((got.ids.cpu() != wanted.ids).sum())
    parts = [f"{wrong} of {wanted.ids.numel()} tokens"] if wrong else []
    for name in Logprobs.__annotations__:
        ours, theirs = (getattr(each, name).cpu().double() for each in (got.logprobs, wanted.logprobs))
        if not torch.allclose(ours, theirs, rtol=LOGPROB_TOLERANCE, atol=LOGPROB_TOLERANCE):
            parts.append(f"{name} by {float((ours - theirs).abs().nan_to_num(0).max()):.1e}")
    return ", ".join(parts)
