"""The one place that every router's logits pass, between the gate and the choice of experts.

In a compiled model the hook is an operation of its own, which torch.compile does not look into: what a batch is
steered by is looked up when the operation runs and never becomes part of a compiled graph. Without torch.compile it is
called directly, which saves 6 µs a layer. So it is on CUDA, too, where vLLM's whole MoE layer is such an operation
and ours runs inside it; captured in a CUDA graph are then the kernels and the addresses they read.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from vllm.forward_context import get_forward_context
from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner
from vllm.utils.torch_utils import direct_register_custom_op

from gateway.vllm.steering.binding import HELD_AT, LayerSteering

_OPERATION = "dragoman_steer_router"
Dispatch = Callable[[MoERunner, Tensor, Tensor], tuple[Tensor, Tensor]]


def _steer_router(logits: Tensor, layer_name: str) -> Tensor:
    held: LayerSteering = getattr(get_forward_context().no_compile_layers[layer_name], HELD_AT)
    steered = held.steered(logits)
    # torch lets no operation return what it was given.
    return logits.clone() if steered is logits else steered


def _steer_router_fake(logits: Tensor, layer_name: str) -> Tensor:  # noqa: ARG001 - by the operation's schema
    return torch.empty_like(logits)


def register_operation() -> None:
    """Makes ``torch.ops.vllm.dragoman_steer_router``. Once a process: torch refuses a second."""
    direct_register_custom_op(_OPERATION, _steer_router, fake_impl=_steer_router_fake)


def steered_dispatch(original: Dispatch) -> Dispatch:
    """``MoERunner._maybe_dispatch`` that steers the layers which have something to be steered by."""

    def _maybe_dispatch(
        self: MoERunner, hidden_states: Tensor, router_logits: Tensor
    ) -> tuple[Tensor, Tensor]:
        if hasattr(self, HELD_AT):
            if torch.compiler.is_compiling():
                router_logits = torch.ops.vllm.dragoman_steer_router(router_logits, self.layer_name)
            else:
                router_logits = getattr(self, HELD_AT).steered(router_logits)
        return original(self, hidden_states, router_logits)

    return _maybe_dispatch
