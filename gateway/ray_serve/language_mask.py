"""Which local engines are started with the language mask."""

from typing import Any

LANGUAGE_MASK = "gateway.vllm.language_mask:LanguageMask"
MASK_WORKER = "gateway.vllm.mask_worker.MaskWorker"
"""By name: only vLLM's processes import them."""


def with_language_mask(llm_config: dict[str, Any]) -> dict[str, Any]:
    """Ray's configuration of an engine, with our logits processor beside the policy's own where the model can have it.

    It leaves requests alone that do not ask for it. vLLM refuses to start with any where a model generates no text;
    ours does not go with speculative decoding. Its count needs vLLM's one worker extension, so the policy must not have
    taken that. Imports vLLM, so only an engine's own process calls it. Raises what vLLM raises for a model or for
    arguments that it cannot read.
    """
    from gateway.vllm.generates import generates_text

    arguments = llm_config["engine_kwargs"]
    model = llm_config["model_loading_config"]["model_source"]
    if arguments.get("speculative_config") or not generates_text(model, arguments):
        return llm_config
    processors = [*(arguments.get("logits_processors") or []), LANGUAGE_MASK]
    extension = arguments.get("worker_extension_cls") or MASK_WORKER
    added = {"logits_processors": processors, "worker_extension_cls": extension}
    return {**llm_config, "engine_kwargs": {**arguments, **added}}


def counts_masks(llm_config: dict[str, Any]) -> bool:
    """Whether an engine so configured can tell how often masks acted."""
    return bool(llm_config["engine_kwargs"].get("worker_extension_cls") == MASK_WORKER)
