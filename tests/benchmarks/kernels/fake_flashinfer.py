"""FlashInfer 0.7.2's sampling functions by their signatures, in torch: what the benchmark calls, and draws right."""

from types import SimpleNamespace

import torch
from torch import Generator, Tensor

Noise = int | Tensor | None


def softmax(
    logits: Tensor, temperature: Tensor | float | None = None, enable_pdl: bool | None = None
) -> Tensor:
    assert isinstance(temperature, Tensor)
    assert temperature.shape == (len(logits),)
    assert (temperature > 0).all()
    return (logits.float() / temperature[:, None]).softmax(dim=-1)


def sampling_from_logits(
    logits: Tensor,
    indices: Tensor | None = None,
    deterministic: bool = True,
    generator: Generator | None = None,
    check_nan: bool = False,
    seed: Noise = None,
    offset: Noise = None,
) -> Tensor:
    return _drawn(logits.softmax(dim=-1), seed, offset)


def min_p_sampling_from_probs(
    probs: Tensor,
    min_p: Tensor | float,
    indices: Tensor | None = None,
    deterministic: bool = True,
    generator: Generator | None = None,
    check_nan: bool = False,
    seed: Noise = None,
    offset: Noise = None,
    return_valid: bool = False,
) -> Tensor:
    least = probs.amax(dim=-1, keepdim=True) * torch.as_tensor(min_p).reshape(-1, 1)
    return _drawn(torch.where(probs < least, 0.0, probs), seed, offset)


def top_p_sampling_from_probs(
    probs: Tensor,
    top_p: Tensor | float,
    indices: Tensor | None = None,
    deterministic: bool = True,
    generator: Generator | None = None,
    check_nan: bool = False,
    seed: Noise = None,
    offset: Noise = None,
    return_valid: bool = False,
) -> Tensor:
    ordered, ids = probs.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    ordered = torch.where(before < torch.as_tensor(top_p).reshape(-1, 1), ordered, 0.0)
    return _drawn(torch.empty_like(probs).scatter_(1, ids, ordered), seed, offset)


def top_k_sampling_from_probs(
    probs: Tensor,
    top_k: Tensor | int,
    indices: Tensor | None = None,
    deterministic: bool = True,
    generator: Generator | None = None,
    check_nan: bool = False,
    seed: Noise = None,
    offset: Noise = None,
    return_valid: bool = False,
) -> Tensor:
    return _drawn(_top_k(probs, top_k, 0.0), seed, offset)


def top_k_top_p_sampling_from_logits(
    logits: Tensor,
    top_k: Tensor | int,
    top_p: Tensor | float,
    indices: Tensor | None = None,
    filter_apply_order: str = "top_k_first",
    deterministic: bool = True,
    generator: Generator | None = None,
    check_nan: bool = False,
    seed: Noise = None,
    offset: Noise = None,
) -> Tensor:
    probs = _top_k(logits, top_k, -torch.inf).softmax(dim=-1)
    return top_p_sampling_from_probs(probs, top_p, seed=seed, offset=offset)


def _top_k(numbers: Tensor, top_k: Tensor | int, left_out: float) -> Tensor:
    assert isinstance(top_k, Tensor)
    assert top_k.dtype == torch.int32
    ordered = numbers.sort(dim=-1, descending=True).values
    least = ordered.gather(1, top_k.long()[:, None] - 1)
    return torch.where(numbers < least, left_out, numbers)


def _drawn(probs: Tensor, seed: Noise, offset: Noise) -> Tensor:
    assert probs.dtype == torch.float32
    assert isinstance(seed, int), "in a graph the generator cannot be asked"
    assert isinstance(offset, int), "in a graph the generator cannot be asked"
    noise = torch.Generator().manual_seed(seed + offset)
    return torch.multinomial(probs, 1, generator=noise)[:, 0].int()


SAMPLING = SimpleNamespace(
    softmax=softmax,
    sampling_from_logits=sampling_from_logits,
    min_p_sampling_from_probs=min_p_sampling_from_probs,
    top_p_sampling_from_probs=top_p_sampling_from_probs,
    top_k_sampling_from_probs=top_k_sampling_from_probs,
    top_k_top_p_sampling_from_logits=top_k_top_p_sampling_from_logits,
)
