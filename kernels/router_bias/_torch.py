"""Router bias in plain torch operations, for every device and for torch.compile."""

import torch
from torch import Tensor

from kernels.router_bias.profile import Kind, forcing_step


def steer_with_torch(
    logits: Tensor, weights: Tensor, kinds: Tensor, token_profiles: Tensor, token_strengths: Tensor
) -> Tensor:
    """`kernels.router_bias.router_bias`, without a kernel of its own."""
    tokens = logits.shape[0]
    profiles = token_profiles[:tokens]
    kind = kinds.index_select(0, profiles)[:, None]
    w = weights.index_select(0, profiles) * token_strengths[:tokens, None]
    z = logits.float()
    unit = torch.where(kind == Kind.SOFT.value, _deviation(z), 1.0)
    forced = torch.where(w > 0, _above_all(z, logits.dtype), -_above_all(-z, logits.dtype))
    steered = torch.where(kind == Kind.HARD.value, forced, z + w * unit)
    return torch.where(w == 0, logits, steered.to(logits.dtype))


def _deviation(z: Tensor) -> Tensor:
    # Not Tensor.std, which warns where there are no tokens.
    return (z - z.mean(dim=-1, keepdim=True)).square().mean(dim=-1, keepdim=True).sqrt()


def _above_all(z: Tensor, dtype: torch.dtype) -> Tensor:
    top = z.amax(dim=-1, keepdim=True)
    return top + forcing_step(torch.finfo(dtype).eps) * top.abs().clamp(min=1.0)
