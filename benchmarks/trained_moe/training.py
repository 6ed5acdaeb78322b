"""Training the model: from nothing, on the CPU, in minutes."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from benchmarks.trained_moe.made_up_languages import TRIPLE, Lesson, lessons, vocabulary

EXPERTS, LAYERS, EXPERTS_PER_TOKEN = 8, 5, 2
_BATCH = 64
# More than there are words: the canary of an engine that steers asks with tokens past 300.
_VOCABULARY = 512
_LEARNING_RATE = 4e-3
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
    torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    model = transformers.Qwen3MoeForCausalLM(_config()).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.01)
    schedule = transformers.get_cosine_schedule_with_warmup(optimiser, _WARM_UP_STEPS, steps)
    texts = lessons(seed)
    for _ in range(steps):
        tokens, labels = _batch(tokenizer, list(islice(texts, _BATCH)))
        # With the loss that keeps experts in use, or a few would do everything.
        loss = model(input_ids=tokens, labels=labels, output_router_logits=True).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        advance(loss.item())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _batch(
    tokenizer: transformers.PreTrainedTokenizerFast, batch: list[Lesson]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens and labels, [lessons, words] int64; nothing is asked of words that nothing tells."""
    tokens = tokenizer([lesson.text for lesson in batch], return_tensors="pt")["input_ids"]
    of_triples = torch.tensor([lesson.of_triples for lesson in batch])
    untold = torch.arange(tokens.shape[1]) % TRIPLE != TRIPLE - 1
    return tokens, tokens.masked_fill(of_triples[:, None] & untold, _IGNORED)


def _config() -> transformers.Qwen3MoeConfig:
    shape = transformers.Qwen3MoeConfig(
        vocab_size=_VOCABULARY,
        hidden_size=64,
        intermediate_size=64,
        moe_intermediate_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        num_key_value_heads=2,
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
