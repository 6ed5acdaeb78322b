"""Training the model: from nothing, on the CPU, in minutes."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from benchmarks.trained_moe.made_up_languages import training_texts, vocabulary

EXPERTS, LAYERS, EXPERTS_PER_TOKEN = 8, 6, 2
_BATCH = 64
_LEARNING_RATE = 3e-3
_WARM_UP_STEPS = 50
_IGNORED = -100


def make_tokenizer() -> transformers.PreTrainedTokenizerFast:
    """A token a word. No chat template."""
    words = ["<pad>", "<s>", "</s>", *vocabulary()]
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )


def train(folder: Path, steps: int, seed: int, advance: Callable[[float], None]) -> None:
    """Trains and saves a model. advance: told the loss of each step. The same for the same seed and machine."""
    torch.manual_seed(seed)
    tokenizer = make_tokenizer()
    model = transformers.Qwen3MoeForCausalLM(_config(len(tokenizer))).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE, weight_decay=0.1)
    schedule = transformers.get_cosine_schedule_with_warmup(optimiser, _WARM_UP_STEPS, steps)
    texts = training_texts(seed)
    for _ in range(steps):
        batch = tokenizer(list(islice(texts, _BATCH)), return_tensors="pt", padding=True)
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, _IGNORED)
        # With the loss that keeps experts in use, or a few would do everything.
        loss = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels,
            output_router_logits=True,
        ).loss  # fmt: skip
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        advance(loss.item())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _config(vocabulary_size: int) -> transformers.Qwen3MoeConfig:
    shape = transformers.Qwen3MoeConfig(
        vocab_size=-(-vocabulary_size // 64) * 64,
        hidden_size=128,
        intermediate_size=128,
        moe_intermediate_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=4,
        num_experts=EXPERTS,
        num_experts_per_tok=EXPERTS_PER_TOKEN,
        norm_topk_prob=True,
        router_aux_loss_coef=0.01,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    # Models read it, though the constructor names no such argument.
    shape.head_dim = 32
    return shape
