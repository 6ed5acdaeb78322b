"""vLLM's sampling under its model runner V2, CUDA's default, with the arguments that this runner would give it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kernels.sample.cases import Case


def vllm_v2_chain(case: Case, *, logprobs: bool) -> Callable[[Tensor], Tensor]:
    """Draws one token from each row of logits [rows · draws, vocabulary], each with the filters of its draw.

    What ``Sampler.sample`` of vLLM 0.32 does with requests that have seeds, each step left out where it is there: a
    copy in float32, temperature, min-p, top-k and top-p, Gumbel-max. All are kernels of Triton: such requests may not
    have FlashInfer. Where log-probabilities are wanted, that of the drawn token; its rank, which ours has not, is left
    out. Parameters lie on the device, where the runner has them in the host's memory: that is in vLLM's favour.

    Needs a GPU, or Triton's interpreter. Raises ImportError where there is no vLLM, or none that found Triton.
    """
    steps, asked = _steps(), _Asked.of(case)

    def draw(logits: Tensor) -> Tensor:
        x = logits.to(torch.float32, copy=True) if asked.is_changed else logits
        if asked.is_scaled:
            steps.apply_temperature(x, asked.requests, asked.temperature)
        if asked.has_min_p:
            steps.apply_min_p(x, asked.requests, asked.min_p)
        if asked.top_k is not None or asked.top_p is not None:
            x = steps.apply_top_k_top_p_triton(x, asked.top_k, asked.top_p)
        tokens: Tensor = steps.gumbel_sample(
            *(x, asked.requests, asked.temperature, asked.seeds, asked.positions),
            apply_temperature=False,
            is_drafting=False,
        )
        if logprobs:
            steps.compute_token_logprobs(logits, tokens[:, None])
        return tokens

    return draw


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a batch asks for, a request for each draw: [rows · draws]; and what the runner knows of it on the host."""

    requests: Tensor
    temperature: Tensor
    min_p: Tensor
    top_k: Tensor | None
    top_p: Tensor | None
    seeds: Tensor
    positions: Tensor
    is_changed: bool
    is_scaled: bool
    has_min_p: bool

    @classmethod
    def of(cls, case: Case) -> "_Asked":
        draws, vocabulary = case.draws, case.logits.shape[1]
        count, device = draws.temperature.shape[1], case.logits.device
        temperature, min_p, top_p = (each.flatten() for each in (draws.temperature, draws.min_p, draws.top_p))
        top_k = torch.where(
            (draws.top_k <= 0) | (draws.top_k > vocabulary), vocabulary, draws.top_k
        ).flatten()
        is_hot = temperature != 0
        is_scaled, has_min_p = bool((is_hot & (temperature != 1)).any()), bool((min_p != 0).any())
        has_top_k, has_top_p = bool((top_k != vocabulary).any()), bool((top_p != 1).any())
        filtered = (min_p != 0) | (top_k != vocabulary) | (top_p != 1)
        return cls(
            torch.arange(len(temperature), dtype=torch.int32, device=device),
            *(temperature, min_p),
            top_k.int() if has_top_k else None,
            top_p if has_top_p else None,
            # Answers to one request have seeds that count up.
            (case.seeds[:, None] + torch.arange(count, device=device)).flatten(),
            case.positions.repeat_interleave(count),
            is_scaled or bool((is_hot & filtered).any()),
            *(is_scaled, has_min_p),
        )


def _steps() -> Any:
    from types import SimpleNamespace

    from vllm.triton_utils import HAS_TRITON

    if not HAS_TRITON:
        raise ImportError("vLLM finds no Triton that it can use here")
    from vllm.v1.sample.ops.topk_topp_triton import apply_top_k_top_p_triton
    from vllm.v1.worker.gpu.sample.gumbel import apply_temperature, gumbel_sample
    from vllm.v1.worker.gpu.sample.logprob import compute_token_logprobs
    from vllm.v1.worker.gpu.sample.min_p import apply_min_p

    return SimpleNamespace(
        apply_temperature=apply_temperature,
        apply_min_p=apply_min_p,
        apply_top_k_top_p_triton=apply_top_k_top_p_triton,
        gumbel_sample=gumbel_sample,
        compute_token_logprobs=compute_token_logprobs,
    )
