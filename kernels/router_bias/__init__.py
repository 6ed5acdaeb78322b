"""Steering of a mixture-of-experts router, per token.

Called between the router's linear layer and its softmax and top-k. Every argument can be a buffer that lives as long
as the engine: nothing is read back to the host, nothing depends on the data but the numbers written, and a buffer
that is longer than the batch is read from its start. So a call can be captured in a CUDA graph, where later
replays see whatever the buffers then hold, and torch.compile can trace it.
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from kernels.router_bias._torch import steer_with_torch
from kernels.router_bias.profile import Kind, check_profile

__all__ = ["Kind", "check_profile", "router_bias", "steer_on"]


def router_bias(
    logits: Tensor, weights: Tensor, kinds: Tensor, token_profiles: Tensor, token_strengths: Tensor
) -> Tensor:
    """The router's logits of each token, changed as the profile of the token's request says: a new tensor.

    With w = strength · weight of the expert, z the token's logits, and std their population standard deviation:

    - `Kind.ADDITIVE`: z + w
    - `Kind.SOFT`: z + w · std (arXiv 2510.04694, equation 4; its λ is the strength, or lies in the weights)
    - `Kind.HARD`: w > 0: max(z) + ε; w < 0: min(z) − ε (equation 5). The paper draws ε from N(0, 1e-6), which
      a bfloat16 logit cannot hold, and a tie would leave it to chance whether a forced expert beats the one it
      is forced over. Ours is the smallest that survives rounding, there and in a softmax over the logits:
      ε = max(eps(dtype), 2⁻²⁰) · max(1, |z|). A router that chooses by the sigmoid, as DeepSeek-V3's, makes logits
      above 10 alike again, and adds a bias of its own.

    Where w is 0 the logit keeps its bits, so a row of zeros is no steering: by convention row 0, the profile of
    tokens without one and of padding. std, max and min are those of the logits as given, in float32; what is
    written is rounded once to the logits' dtype.

    logits: [tokens, experts] bfloat16, float16 or float32; rows may be apart, experts adjacent.
    weights: [profiles, experts] float32, of one layer; rows may be apart. `check_profile` says what a row may hold.
    kinds: [profiles] int32, values of `Kind`.
    token_profiles: [tokens or more] int32, each below the number of profiles (not checked: that would take a
        synchronisation).
    token_strengths: [tokens or more] float32; not negative for a hard profile, whose bans it would make forces.

    Cost: on the CPU 2 to 4 µs for a small batch, by numba, which compiles it for seconds once on a machine
    (torch.compile gets operations of torch). On CUDA one launch with one read and one write, which Triton compiles at
    the first call; a CUDA graph must not be the first to make it. No GPU has run it yet.
    """
    return steer_on(logits.device)(logits, weights, kinds, token_profiles, token_strengths)


def steer_on(device: torch.device) -> Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]:
    """What `router_bias` calls for logits on such a device: one kernel, or operations that torch.compile can trace."""
    return steer_with_torch if torch.compiler.is_compiling() else _kernel_on(device.type)


@cache
def _kernel_on(device_type: str) -> Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]:
    # Imported where it is needed, and once: even to find it imported takes 12 µs of each call with cold caches.
    match device_type:
        case "cpu":
            from kernels.router_bias._numba import steer_with_numba

            return steer_with_numba
        case "cuda":
            from kernels.router_bias._triton import steer_with_triton

            return steer_with_triton
    return steer_with_torch
