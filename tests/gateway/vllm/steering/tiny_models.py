"""Mixture-of-experts models of several families, tiny and random, made in a second each."""

from pathlib import Path
from typing import Any

import torch
import transformers

VOCAB = 512
EXPERTS = 8
LAYERS = 3

_SHAPE: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    # Far from 0.02: else every expert does nearly nothing, and a wrong one does not show.
    "initializer_range": 0.2,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
_HEADS = {"head_dim": 32}
# Experts in groups of which a token has two, one expert that all tokens share, and a first layer without experts.
_DEEPSEEK: dict[str, Any] = {
    "num_key_value_heads": 4,
    "q_lora_rank": None,
    "kv_lora_rank": 32,
    "qk_nope_head_dim": 32,
    "qk_rope_head_dim": 32,
    "v_head_dim": 32,
    "first_k_dense_replace": 1,
    "moe_intermediate_size": 64,
    "n_routed_experts": EXPERTS,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "n_group": 4,
    "topk_group": 2,
    "routed_scaling_factor": 1.5,
}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3_moe": (
        "Qwen3MoeConfig",
        {
            **_HEADS,
            "moe_intermediate_size": 64,
            "num_experts": EXPERTS,
            "num_experts_per_tok": 2,
            "norm_topk_prob": True,
        },
    ),
    "olmoe": (
        "OlmoeConfig",
        {"hidden_size": 128, "num_experts": EXPERTS, "num_experts_per_tok": 2, "head_dim": 32},
    ),
    "mixtral": ("MixtralConfig", {**_HEADS, "num_local_experts": EXPERTS, "num_experts_per_tok": 2}),
    "gpt_oss": (
        "GptOssConfig",
        {**_HEADS, "num_local_experts": EXPERTS, "num_experts_per_tok": 2, "sliding_window": 64},
    ),
    "phimoe": (
        "PhimoeConfig",
        {
            "hidden_size": 128,
            "num_local_experts": EXPERTS,
            "num_experts_per_tok": 2,
            "router_jitter_noise": 0.01,
            "attention_bias": True,
            "lm_head_bias": True,
        },
    ),
    "granitemoe": (
        "GraniteMoeConfig",
        {"hidden_size": 128, "num_local_experts": EXPERTS, "num_experts_per_tok": 2},
    ),
    "deepseek_v2": (
        "DeepseekV2Config",
        {**_DEEPSEEK, "topk_method": "group_limited_greedy", "norm_topk_prob": False},
    ),
    # vLLM takes the method and the score from the published configurations; transformers knows no others.
    "deepseek_v3": (
        "DeepseekV3Config",
        {**_DEEPSEEK, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": True},
    ),
}


def make_model(family: str, folder: Path, vocab: int = VOCAB) -> transformers.PreTrainedModel:
    """Saves a model of the family in the folder, in float32, and gives it: the same weights every time."""
    name, extra = FAMILIES[family]
    config = getattr(transformers, name)(**{**_SHAPE, **extra, "vocab_size": vocab})
    torch.manual_seed(7)
    model: transformers.PreTrainedModel = transformers.AutoModelForCausalLM.from_config(config).eval()
    assert model.dtype == torch.float32
    for name, buffer in model.named_buffers():
        if name.endswith("e_score_correction_bias"):  # which training makes, and nothing else
            buffer.normal_(std=0.2)
    model.save_pretrained(folder)
    if family == "phimoe":
        _name_as_published(folder / "config.json")
    return model


def _name_as_published(config: Path) -> None:
    """By transformers' own name of it vLLM knows no Phi-MoE; the published models have another."""
    config.write_text(config.read_text().replace("PhimoeForCausalLM", "PhiMoEForCausalLM"))
