"""Engines whose steering is broken on purpose. What is called here runs in the process of the engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest

from tests.gateway.vllm.steering.engine_process import EngineSpec, refusal


def refusal_where_a_layer_is_not_reached(spec: EngineSpec, layer: int) -> str:
    """Why an engine does not start of which one layer's router does not pass the hook, though it is bound."""
    with _hook_past_layer(layer):
        return refusal(spec)


@contextmanager
def _hook_past_layer(layer: int) -> Iterator[None]:
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner

    from gateway.vllm.plugin import register
    from gateway.vllm.steering.binding import HELD_AT

    register()  # else it would come later, find this one, and refuse the release
    hooked = MoERunner._maybe_dispatch

    def dispatch(self: Any, hidden: Any, logits: Any) -> Any:
        if self.layer_id == layer:
            self.__dict__.pop(HELD_AT, None)
        return hooked(self, hidden, logits)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MoERunner, "_maybe_dispatch", dispatch)
        yield


def refusal_where_hooks_do_not_fit(changed: str) -> str:
    """What the plugin says of a vLLM of another release, or with a function that takes something else."""
    import vllm
    from vllm.v1.engine.core import EngineCore

    from gateway.vllm.plugin import _fitting_hooks

    with pytest.MonkeyPatch.context() as patch:
        if changed == "release":
            patch.setattr(vllm, "__version__", "0.33.0+cpu")
        elif changed == "parameters":
            patch.setattr(EngineCore, "add_request", lambda self, request, wave: None)
        elif changed == "function":
            patch.delattr(EngineCore, "collective_rpc")
        return str(_fitting_hooks()[1])


def refusal_where_workers_differ() -> str:
    """Why a core does not start whose workers hold different profiles."""
    from gateway.vllm.steering.engine_core import _prove
    from gateway.vllm.steering.worker import SteeringStatus
    from routing.errors import ConfigError

    statuses = [asdict(SteeringStatus("v1", {}, [], 1, table_hash, {})) for table_hash in ("aa", "bb")]
    try:
        _prove(SimpleNamespace(collective_rpc=lambda _: statuses))
    except ConfigError as error:
        return error.message
    raise AssertionError("it was taken")


def refusal_of_logits(tokens: int, experts: int) -> str:
    """What a layer of 8 experts says, in batches of 16 tokens at most, to logits of such a shape; empty if nothing."""
    import torch

    from gateway.vllm.steering.binding import LayerSteering
    from gateway.vllm.steering.token_rows import TokenRows
    from routing.errors import ConfigError

    rows = TokenRows.allocate(16, torch.device("cpu"))
    layer = LayerSteering(3, torch.zeros(2, 8), torch.zeros(2, dtype=torch.int32), rows, skips_idle=False)
    try:
        layer.steered(torch.zeros(tokens, experts))
    except ConfigError as error:
        return error.message
    return ""
