"""Which models vLLM would generate text with."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from vllm.engine.arg_utils import EngineArgs


def generates_text(model: str, arguments: Mapping[str, Any]) -> bool:
    """Whether vLLM, started with these arguments, would draw tokens; False for embedding and scoring models.

    Told from the model's configuration, by vLLM itself, which refuses logits processors for the others. Raises what
    vLLM raises for a model that it cannot read. Cost: below a second once vLLM is imported.
    """
    known = {field.name for field in fields(EngineArgs)}
    config = EngineArgs(
        model=model, **{k: v for k, v in arguments.items() if k in known}
    ).create_model_config()
    return config.runner_type == "generate"
