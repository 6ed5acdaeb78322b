"""vLLM's own sampling chain under its model runner V1, with the arguments that this runner would give it."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from kernels.sample.cases import Case


def vllm_chain(case: Case, *, logprobs: bool) -> Callable[[Tensor], Tensor]:
    """Draws one token from each row of logits [rows · draws, vocabulary], each with the filters of its draw.

    What ``Sampler.forward`` does with them, less what ours need not: penalties and processors that nobody asked for,
    and, where log-probabilities are wanted, the drawn token's rank. On CUDA as for requests without seeds, so in vLLM's
    favour: there it draws for each row with one by itself.

    Raises ImportError where there is no vLLM.
    """
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    from vllm.v1.sample.sampler import Sampler

    sampler, metadata = Sampler(), _metadata(case)

    def draw(logits: Tensor) -> Tensor:
        raw = sampler.compute_logprobs(logits) if logprobs else None
        # It changes float32 logits in place, which the next repetition must not see; bfloat16 ones it copies itself.
        copied = logits.clone() if logits.dtype == torch.float32 else logits.to(torch.float32)
        tokens, _ = sampler.sample(copied, metadata)
        if raw is not None:
            raw.gather(1, tokens.long()[:, None])
        return tokens

    return draw


def _metadata(case: Case) -> Any:
    from vllm.v1.sample.logits_processor.state import LogitsProcessors
    from vllm.v1.sample.metadata import SamplingMetadata

    draws = case.draws
    temperature, top_k, top_p = (each.flatten() for each in (draws.temperature, draws.top_k, draws.top_p))
    rows, vocabulary = temperature.numel(), case.logits.shape[1]
    nothing = torch.zeros(rows, device=temperature.device)
    return SamplingMetadata(
        temperature=temperature,
        all_greedy=bool((temperature == 0).all()),
        all_random=bool((temperature > 0).all()),
        top_p=top_p if (top_p < 1).any() else None,
        top_k=torch.where(top_k > 0, top_k, vocabulary) if (top_k > 0).any() else None,
        generators={},
        max_num_logprobs=None,
        no_penalties=True,
        prompt_token_ids=None,
        frequency_penalties=nothing,
        presence_penalties=nothing,
        repetition_penalties=nothing,
        output_token_ids=[],
        allowed_token_ids_mask=None,
        bad_words_token_ids={},
        logitsprocs=LogitsProcessors([_min_p(draws.min_p.flatten())]),
    )


def _min_p(values: Tensor) -> Any:
    from vllm.v1.sample.logits_processor import BatchUpdate
    from vllm.v1.sample.logits_processor.builtin import MinPLogitsProcessor

    config: Any = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=len(values)))
    processor = MinPLogitsProcessor(config, values.device, False)
    added: Any = [(row, SimpleNamespace(min_p=value), None, []) for row, value in enumerate(values.tolist())]
    processor.update_state(BatchUpdate(batch_size=len(values), removed=[], added=added, moved=[]))
    return processor
