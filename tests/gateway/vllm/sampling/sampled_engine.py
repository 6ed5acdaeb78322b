"""The engine whose rows our sampler draws, the requests that it gets, and what the reference draws for them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from torch import Tensor

from kernels.sample.cases import draws_of
from kernels.sample.reference import Filters, reference
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec
from tests.gateway.vllm.steering.steered_profiles import random_prompt
from tests.gateway.vllm.steering.tiny_models import VOCAB, make_model

PROMPT = random_prompt(1, 23)
BLOCKS = 9
"""Of 32 tokens: room for eight short requests, and not for eight that draw 60 tokens."""

Change = Callable[[Tensor, Sequence[int]], None]
"""What a request's options do to a step's logits [vocabulary], in place, given the tokens that were drawn before."""


def letter(token: int) -> str:
    """What a token stands for: one character, of Devanagari or (from 128 on) Chinese."""
    return chr((0x0900 if token < 128 else 0x4E00) + token)


def make_sampled_engine(folder: Path) -> EngineSpec:
    """One that cuts prompts of more than 16 tokens into steps, shares no prompts and has a tokenizer."""
    make_model("qwen3_moe", folder)
    vocabulary = {letter(token): token for token in range(VOCAB)}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=letter(0)))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    special = {"unk_token": letter(0), "bos_token": letter(1), "eos_token": letter(2)}
    transformers.PreTrainedTokenizerFast(tokenizer_object=model, **special).save_pretrained(folder)
    options = (
        ("skip_tokenizer_init", False),
        ("max_num_batched_tokens", 16),
        ("enable_prefix_caching", False),
        ("max_logprobs", VOCAB),
        ("num_gpu_blocks_override", BLOCKS),
        ("logits_processors", ("gateway.vllm.language_mask:LanguageMask",)),
    )
    return EngineSpec(folder, options, is_steered=False, has_sampler=True, hedges=True)


def asking(filters: Filters, seed: int | None, **options: Any) -> Ask:
    """A request that is drawn so; options are more of vLLM's."""
    own = {"min_p": filters.min_p, "top_k": filters.top_k, "top_p": filters.top_p}
    return Ask(
        PROMPT, temperature=filters.temperature, max_tokens=8, options={"seed": seed, **own, **options}
    )


def nothing(_logits: Tensor, _before: Sequence[int]) -> None:
    """The change of a request that asks for none."""


def by_reference(answer: Answer, filters: Filters, seed: int, change: Change = nothing) -> tuple[int, ...]:
    """What the reference draws from the model's own logarithms of probabilities, one token after another."""
    steps = answer.logprobs[0]
    logits = torch.tensor([[step[token] for token in range(VOCAB)] for step in steps])
    for step, row in enumerate(logits):
        change(row, answer.tokens[0][:step])
    positions = torch.arange(len(steps)) + len(PROMPT)
    seeds = torch.full((len(steps),), seed)
    drawn = reference(logits, draws_of(len(steps), [filters]), seeds, positions)
    return tuple(drawn.ids[:, 0].tolist())
