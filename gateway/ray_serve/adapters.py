"""LoRA adapters of a local engine: models of their own names beside the one that they adapt."""

from collections.abc import Mapping
from typing import Any


def adapter_arguments(adapters: Mapping[str, str]) -> dict[str, Any]:
    """vLLM's arguments that let requests for different adapters share a batch; none without adapters.

    adapters: where each lies, a folder or a Hugging Face name, by the name that requests use.
    """
    if not adapters:
        return {}
    modules = [{"name": name, "path": path} for name, path in adapters.items()]
    # One place more than adapters: where all are taken, vLLM 0.32 on the CPU gives requests without an adapter the
    # one in the last place.
    return {"enable_lora": True, "max_loras": len(adapters) + 1, "lora_modules": modules}


def with_adapters(llm_config: dict[str, Any]) -> dict[str, Any]:
    """Ray's configuration of an engine with the adapters as vLLM wants them: values of a class of its own.

    Imports vLLM where there are any, so only an engine's own process calls it.
    """
    arguments = llm_config["engine_kwargs"]
    if not arguments.get("lora_modules"):
        return llm_config
    from gateway.vllm.lora_modules import lora_modules

    modules = lora_modules(arguments["lora_modules"])
    return {**llm_config, "engine_kwargs": {**arguments, "lora_modules": modules}}
