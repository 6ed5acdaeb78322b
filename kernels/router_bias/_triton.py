"""Router bias in one launch, a program for each token: one read of the logits and one write.

To steer in place what was copied first would be two launches, each too small to keep a GPU busy.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from kernels.router_bias.profile import Kind, forcing_step

SOFT: tl.constexpr = tl.constexpr(Kind.SOFT.value)
HARD: tl.constexpr = tl.constexpr(Kind.HARD.value)


def steer_with_triton(
    logits: Tensor, weights: Tensor, kinds: Tensor, token_profiles: Tensor, token_strengths: Tensor
) -> Tensor:
    """`kernels.router_bias.router_bias` on CUDA."""
    tokens, experts = logits.shape
    steered = torch.empty_like(logits, memory_format=torch.contiguous_format)
    if tokens:
        steer_token[(tokens,)](
            *(steered, logits, weights, kinds, token_profiles, token_strengths),
            *(logits.stride(0), weights.stride(0), forcing_step(torch.finfo(logits.dtype).eps), experts),
            block=triton.next_power_of_2(experts),
            num_warps=1,
            enable_fp_fusion=False,
        )
    return steered


@triton.jit  # type: ignore[untyped-decorator]
def steer_token(
    out: tl.tensor,
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
    """Steers the token of this program into a row of as many numbers as experts.

    step: `forcing_step` of the logits' dtype. block: a power of two that holds the experts.
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
    given = tl.load(logits + token * stride + expert, mask=inside, other=0.0)
    z = given.to(tl.float32)
    mean = tl.sum(z) / experts
    off = tl.where(inside, z - mean, 0.0)
    unit = tl.where(kind == SOFT, tl.sqrt(tl.sum(off * off) / experts), 1.0)
    top, bottom = tl.max(tl.where(inside, z, float("-inf"))), tl.min(tl.where(inside, z, float("inf")))
    above = top + step * tl.maximum(tl.abs(top), 1.0)
    below = bottom - step * tl.maximum(tl.abs(bottom), 1.0)
    steered = tl.where(kind == HARD, tl.where(w > 0, above, below), z + w * unit).to(given.dtype)
    tl.store(out + token * experts + expert, tl.where(w != 0, steered, given), mask=inside)
