"""A real engine whose steps are replays: vLLM's own capture, padding and dispatch, of either model runner.

Only the graphs are ours, recorded ones. Runs in the process of the engines, under Triton's interpreter and with
``VLLM_USE_BREAKABLE_CUDAGRAPH``, by which vLLM breaks a piecewise graph off at each attention without torch.compile.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from routing.steering.profile import Profile
from routing.steering.profile_file import serialise_profile
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, engine, load, retire
from tests.gateway.vllm.steering.graphed_v1 import capture_under_v1
from tests.gateway.vllm.steering.graphed_v2 import capture_under_v2

Break = Callable[[pytest.MonkeyPatch, Any], None]


@dataclass(frozen=True)
class Replayed:
    """steps: how many were replays, by the kind of graph. launched: the kernels in all graphs."""

    answers: list[Answer]
    steps: dict[str, int]
    launched: list[str]


def ask_by_graphs(
    spec: EngineSpec, profiles: tuple[Profile, ...], requests: list[Ask], wrong: Break | None = None
) -> Replayed:
    """Captures, then brings every profile into another row, then asks. wrong: breaks our code before that."""
    core: Any = engine(spec).llm_engine.engine_core
    runner = core.engine_core.model_executor.driver_worker.worker.model_runner
    is_v2 = hasattr(runner, "model_state")
    with pytest.MonkeyPatch.context() as patch:
        _steer_as_on_cuda(runner, patch)
        if wrong is not None:
            wrong(patch, (runner.model_state if is_v2 else runner).dragoman_steering)
        steps, graphs = (capture_under_v2 if is_v2 else capture_under_v1)(runner, patch)
        for profile in profiles:
            retire(spec, profile.reference)
        for profile in reversed(profiles):
            load(spec, serialise_profile(profile), profile.reference)
        steps.clear()
        answers = ask(spec, requests)
    return Replayed(answers, dict(steps), [name for graph in graphs for name in graph.launched])


def ask_by_graphs_under_v1(spec: EngineSpec, *rest: Any) -> Replayed:
    """The same in an engine with model runner V1, beside those with V2."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_USE_V2_MODEL_RUNNER", "0")
        return ask_by_graphs(replace(spec, options=(*spec.options, ("seed", 1))), *rest)


def _steer_as_on_cuda(runner: Any, patch: pytest.MonkeyPatch) -> None:
    """By Triton, and every layer in every step."""
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner

    from gateway.vllm.steering.binding import HELD_AT
    from kernels.router_bias._triton import steer_with_triton

    patch.setattr("gateway.vllm.steering.binding.router_bias", steer_with_triton)
    for layer in runner.model.modules():
        if isinstance(layer, MoERunner):
            patch.setattr(layer, HELD_AT, replace(getattr(layer, HELD_AT), skips_idle=False))
