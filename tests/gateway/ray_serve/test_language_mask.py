"""Which engines are started with the language mask."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.ray_serve.language_mask import LANGUAGE_MASK, counts_masks, with_language_mask
from routing.engine_settings import LocalEngineSettings

# torch's own, while vLLM imports what reads a model's configuration
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
BERT = {"architectures": ["BertModel"], "model_type": "bert"}
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 100,
    "max_position_embeddings": 64,
}


@pytest.fixture
def configured(tmp_path: Path) -> Any:
    """Ray's configuration of an engine with a model of a kind."""

    def of(kind: dict[str, Any], **arguments: Any) -> Any:
        (tmp_path / "config.json").write_text(json.dumps({**kind, **SIZES}))
        config = {
            "model_loading_config": {"model_id": "it", "model_source": str(tmp_path)},
            "engine_kwargs": arguments,
        }
        return with_language_mask(config)

    return of


@pytest.fixture
def processors(configured: Any) -> Any:
    """The logits processors that it would be started with."""
    return lambda kind, **arguments: configured(kind, **arguments)["engine_kwargs"].get("logits_processors")


def test_an_engine_that_generates_has_the_mask_beside_its_own_processors(processors: Any) -> None:
    assert processors(LLAMA) == [LANGUAGE_MASK]
    assert processors(LLAMA, logits_processors=["their.own:Processor"]) == [
        "their.own:Processor",
        LANGUAGE_MASK,
    ]


def test_an_embedding_model_starts_without_which_vllm_would_refuse(processors: Any) -> None:
    assert processors(LLAMA, runner="pooling") is None
    assert processors(BERT) is None


def test_speculative_decoding_goes_without_and_the_gateway_knows_it(processors: Any) -> None:
    speculative: dict[str, Any] = {"speculative_config": {"method": "ngram", "num_speculative_tokens": 2}}
    assert processors(LLAMA, **speculative) is None
    assert not LocalEngineSettings(model="m", served_name="s", vllm=speculative).masks
    assert LocalEngineSettings(model="m", served_name="s").masks


def test_masks_are_counted_unless_the_policy_wants_workers_of_its_own(configured: Any) -> None:
    assert counts_masks(configured(LLAMA))
    assert not counts_masks(configured(LLAMA, worker_extension_cls="their.own.Workers"))
    assert not counts_masks(configured(BERT))
