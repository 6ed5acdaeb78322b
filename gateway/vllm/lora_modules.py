"""LoRA adapters as vLLM's server wants them."""

from collections.abc import Iterable, Mapping

from vllm.entrypoints.openai.models.protocol import LoRAModulePath


def lora_modules(adapters: Iterable[Mapping[str, str]]) -> list[LoRAModulePath]:
    """Of mappings with ``name`` and ``path``, which travel where vLLM's own class cannot."""
    return [LoRAModulePath(name=adapter["name"], path=adapter["path"]) for adapter in adapters]
