"""Router bias on the CPU in eager mode, compiled by numba: one call, as little code around it as can be.

Between two layers' routers a model reads all its weights, so whatever code steers is met with cold caches: 23 µs of
numpy in a loop were 160 to 420 in a decoding step (8 tokens of 32 experts).
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numba import njit, types
from torch import Tensor

from kernels._numba_arrays import numbers_at
from kernels._numba_cache import kept
from kernels.router_bias.profile import Kind, forcing_step

SOFT, HARD = np.int32(Kind.SOFT.value), np.int32(Kind.HARD.value)
F32, I32 = np.float32, np.int32
_STEPS = {
    dtype: forcing_step(torch.finfo(dtype).eps) for dtype in (torch.float32, torch.bfloat16, torch.float16)
}


def steer_with_numba(
    logits: Tensor, weights: Tensor, kinds: Tensor, token_profiles: Tensor, token_strengths: Tensor
) -> Tensor:
    """`kernels.router_bias.router_bias` for tensors of the CPU. The first call compiles for a second or two."""
    tokens, experts = logits.shape
    # With cold caches a clone takes less than memory of torch's that is left to the kernel to fill.
    wide = logits.clone() if logits.dtype is torch.float32 else logits.float()
    # Held until the end, as the kernel has their addresses only.
    told = [kinds.contiguous(), token_profiles.contiguous(), token_strengths.contiguous()]
    compiled_steering()(
        *(tokens, experts, wide.data_ptr(), wide.stride(0), weights.data_ptr(), weights.stride(0)),
        *[tensor.data_ptr() for tensor in told],
        _STEPS[logits.dtype],
    )
    # What was not steered has its own bits again.
    return wide if logits.dtype is torch.float32 else wide.to(logits.dtype)


@cache
def compiled_steering() -> Callable[..., None]:
    """`steer_tokens`, compiled: without numba's look at the types of all arguments, 5 µs of a call with cold caches."""
    entry: Callable[..., None] = steer_tokens.compile((*[types.int64] * 9, types.float64))
    return entry


@kept(error_model="numpy")
def steer_tokens(
    tokens: Any,
    experts: Any,
    logits: Any,
    logits_stride: Any,
    weights: Any,
    weights_stride: Any,
    kinds: Any,
    profiles: Any,
    strengths: Any,
    step: Any,
) -> None:
    """Steers each token in place. Addresses, and strides in numbers; arrays that numba has to unpack cost more.

    step: `forcing_step` of the logits' own dtype, which may be narrower than the float32 that they come in.
    """
    profile_of_token, strength_of_token = (
        numbers_at(profiles, tokens, I32),
        numbers_at(strengths, tokens, F32),
    )
    for token in range(tokens):
        profile = np.int64(profile_of_token[token])
        z = numbers_at(logits + token * logits_stride * 4, experts, F32)
        w = numbers_at(weights + profile * weights_stride * 4, experts, F32)
        kind = numbers_at(kinds + profile * 4, 1, I32)[0]
        _steer_token(z, w, strength_of_token[token], kind, F32(step))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _steer_token(z: Any, w: Any, strength: Any, kind: Any, step: Any) -> None:
    if kind == HARD:
        top, bottom = z.max(), z.min()
        above = top + step * max(abs(top), F32(1.0))
        below = bottom - step * max(abs(bottom), F32(1.0))
        for expert in range(z.size):
            if w[expert] * strength > 0:
                z[expert] = above
            elif w[expert] * strength < 0:
                z[expert] = below
        return
    unit = _deviation(z) if kind == SOFT else F32(1.0)
    for expert in range(z.size):
        if w[expert] * strength != 0:
            z[expert] += w[expert] * strength * unit


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _deviation(z: Any) -> Any:
    share = F32(1.0) / F32(z.size)
    mean = z.sum() * share
    total = F32(0.0)
    for expert in range(z.size):
        total += (z[expert] - mean) * (z[expert] - mean)
    return np.sqrt(total * share)
