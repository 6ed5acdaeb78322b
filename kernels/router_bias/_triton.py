"""Router bias in one launch, a program for each token: one read of the logits, one write of those that change."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from kernels.router_bias.profile import Kind, forcing_step

SOFT: tl.constexpr = tl.constexpr(Kind.SOFT.value)
HARD: tl.constexpr = tl.constexpr(Kind.HARD.value)


def steer_with_triton(
    logits: Tensor, weights: Tensor, kinds: Tensor, token_profiles: Tensor, token_strengths: Tensor
) -> None:
    """`kernels.router_bias.router_bias` on CUDA."""
    tokens, experts = logits.shape
    if tokens:
        steer_token[(tokens,)](
            *(logits, weights, kinds, token_profiles, token_strengths),
            *(logits.stride(0), weights.stride(0), forcing_step(torch.finfo(logits.dtype).eps), experts),
            block=triton.next_power_of_2(experts),
            num_warps=1,
            enable_fp_fusion=False,
        )


@triton.jit  # type: ignore[untyped-decorator]
def steer_token(
    logits: tl.tensor,
    weights: tl.tensor,
    kinds: tl.tensor,
    profiles: tl.tensor,
    strengths: tl.tensor,
    stride: tl.tensor,
    weight_stride: tl.tensor,
    step: tl.tensor,
    experts: tl.tensor,
    block: tl.constexpr,
) -> None:
    """Steers the token of this program. step: `forcing_step` of the logits' dtype. block: a power of two that holds the
    experts.
    """
    # 64 bits: a whole prefill's rows may lie further apart than 32 can say.
    token = tl.program_id(0).to(tl.int64)
    profile = tl.load(profiles + token).to(tl.int64)
    expert = tl.arange(0, block)
    inside = expert < experts
    w = tl.load(weights + profile * weight_stride + expert, mask=inside, other=0.0) * tl.load(
        strengths + token
    )
    kind = tl.load(kinds + profile)
    at = logits + token * stride + expert
    given = tl.load(at, mask=inside, other=0.0)
    z = given.to(tl.float32)
    mean = tl.sum(z) / experts
    off = tl.where(inside, z - mean, 0.0)
    unit = tl.where(kind == SOFT, tl.sqrt(tl.sum(off * off) / experts), 1.0)
    top, bottom = tl.max(tl.where(inside, z, float("-inf"))), tl.min(tl.where(inside, z, float("inf")))
    above = top + step * tl.maximum(tl.abs(top), 1.0)
    below = bottom - step * tl.maximum(tl.abs(bottom), 1.0)
    steered = tl.where(kind == HARD, tl.where(w > 0, above, below), z + w * unit)
    tl.store(at, steered.to(given.dtype), mask=inside & (w != 0))
