"""Sampling of next tokens: several draws from one read of the logits, each with a temperature and filters of its own.

For the batches that a gateway of hedged samples makes: greedy and hot draws side by side, explicit seeds, min-p,
log-probabilities, language masks. What is drawn depends on the row's logits, filters, seed, position and draw alone:
never on the batch, the slot, the split of the vocabulary or the backend.
"""

from collections.abc import Callable
from functools import cache

from torch import Tensor

from kernels.sample.arguments import Draws, Logprobs, Masks, Samples

__all__ = ["Draws", "Logprobs", "Masks", "Samples", "sample"]


def sample(
    logits: Tensor,
    draws: Draws,
    seeds: Tensor,
    positions: Tensor,
    masks: Masks | None = None,
    *,
    logprobs: bool,
    ranked: bool = True,
) -> Samples:
    """Draws tokens from each row of logits.

    In this order: the logits are cleaned (NaN counts as −inf, +inf as the largest float32); tokens outside the
    grammar become −inf and those outside the row's language lose its penalty; the logits are divided by the
    temperature; then min-p, top-nσ, top-k and top-p, as `Draws` has them; then the token is drawn by the
    Gumbel-max rule with noise from `kernels.sample.noise`, keyed by (seed, position, draw, token). Temperature 0
    takes the highest logit. Equal logits are ranked by token id, lowest first, wherever rank matters.

    Where a hard language mask leaves no token with a logit above −inf, it is dropped for that row. Where there is
    none even then, the ids are -1.

    logits: [rows, vocabulary] bfloat16, float16 or float32; rows may be apart, tokens adjacent. Not changed.
    seeds: [rows] int64, positions: [rows] int64, any values; contiguous.
    logprobs: whether `Samples.logprobs` is wanted: it costs an exponential for each logit.
    ranked: False says that no draw has a top-nσ, top-k or top-p, for which rows are sorted on CUDA; to look there
        would be to wait. The CPU looks by itself.

    All tensors are on one device: the CPU (numba) or CUDA (Triton, which waits for nothing on the host).

    Raises nothing for what the tensors hold.
    """
    if logits.is_cuda:
        from kernels.sample._triton import sample_with_triton

        return sample_with_triton(logits, draws, seeds, positions, masks, logprobs=logprobs, ranked=ranked)
    return _on_cpu()(logits, draws, seeds, positions, masks, logprobs=logprobs)


@cache
def _on_cpu() -> Callable[..., Samples]:
    # numba takes a second to import, and to find it imported 12 µs of each call with cold caches.
    from kernels.sample._numba import sample_on_cpu

    return sample_on_cpu
