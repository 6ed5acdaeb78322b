"""LoRA adapters on a mixture of experts, on the CPU. What takes a spec runs in the process of the engines.

vLLM gives any mixture of experts that may have adapters Triton's experts, also where no adapter touches an expert, and
the CPU has no Triton. So the choice of experts is made here as it is without adapters; all else is vLLM's.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from tests.gateway.vllm.steering.engine_process import Ask, EngineSpec, engine, routing
from tests.gateway.vllm.steering.tiny_models import LAYERS

RANK = 4
_CHOICE_OF_EXPERTS = "select_unquantized_moe_backend"
# The attention's projections are one module in vLLM; the gate's logits are what is steered. A place more than there are
# adapters: on the CPU vLLM gives requests without one, of index -1, whatever lies in the last.
WITH_ADAPTERS = (("enable_lora", True), ("max_loras", 3), ("lora_target_modules", ("qkv_proj", "gate")))


def start_with_adapters(spec: EngineSpec) -> None:
    """Starts an engine of these options, which is then kept as any other."""
    import vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method as experts

    original = getattr(experts, _CHOICE_OF_EXPERTS)

    def as_without_adapters(moe_config: Any) -> Any:
        plain = copy.copy(moe_config)
        plain.is_lora_enabled = False
        return original(plain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experts, _CHOICE_OF_EXPERTS, as_without_adapters)
        engine(spec)


def save_adapter(folder: Path, model: PreTrainedModel, seed: int) -> dict[str, Tensor]:
    """Writes a random adapter of the gates and of the queries, and gives what it adds to each weight."""
    draw = torch.Generator().manual_seed(seed)
    tensors, added = {}, {}
    for name, weight in _adapted(model).items():
        down = torch.randn(RANK, weight.shape[1], generator=draw) / 4
        up = torch.randn(weight.shape[0], RANK, generator=draw) / 4
        stem = f"base_model.model.{name.removesuffix('.weight')}"
        tensors[f"{stem}.lora_A.weight"], tensors[f"{stem}.lora_B.weight"] = down, up
        added[name] = up @ down
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    told = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK, "target_modules": ["q_proj", "gate"]}
    (folder / "adapter_config.json").write_text(json.dumps(told))
    return added


def merged(model: PreTrainedModel, added: Mapping[str, Tensor]) -> PreTrainedModel:
    """The model with the adapter in its weights."""
    with_adapter = copy.deepcopy(model)
    for name, weight in _adapted(with_adapter).items():
        weight.data += added[name]
    return with_adapter


def _adapted(model: PreTrainedModel) -> dict[str, Tensor]:
    places = [
        f"model.layers.{layer}.{part}.weight"
        for layer in range(LAYERS)
        for part in ("self_attn.q_proj", "mlp.gate")
    ]
    return {place: model.get_parameter(place) for place in places}


def routing_where_experts_may_have_adapters(spec: EngineSpec, request: Ask) -> tuple[list[int], Any]:
    """The layers whose routers are found, and `routing`, once every layer's experts are below vLLM's LoRA layer.

    That layer is made without its own checks, which want Triton's experts; it only hands on to the one below it.
    """
    from torch import nn
    from vllm.lora.layers import FusedMoEWithLoRA

    from gateway.vllm.steering.binding import find_routers

    core = engine(spec).llm_engine.engine_core.engine_core
    model = core.model_executor.driver_worker.worker.model_runner.model
    blocks = [layer.mlp for layer in model.model.layers]
    plain = [block.experts for block in blocks]
    for block in blocks:
        wrapped = FusedMoEWithLoRA.__new__(FusedMoEWithLoRA)
        nn.Module.__init__(wrapped)
        wrapped.base_layer, block.experts = block.experts, wrapped
    try:
        return list(find_routers(model)), routing(spec, request)
    finally:
        for block, experts in zip(blocks, plain, strict=True):
            block.experts = experts
