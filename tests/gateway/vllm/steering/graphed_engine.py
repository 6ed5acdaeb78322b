"""A real engine with model runner V2 whose steps are replays: vLLM's own capture, padding and dispatch.

Only the graphs are ours, recorded ones. Runs in the process of the engines, under Triton's interpreter and with
``VLLM_USE_BREAKABLE_CUDAGRAPH``, by which vLLM breaks a piecewise graph off at each attention without torch.compile.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest

from routing.steering.profile import Profile
from routing.steering.profile_file import serialise_profile
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, engine, load, retire
from tests.gateway.vllm.steering.recorded_graph import RecordedGraph, recorded_graphs

SIZES = [4, 8, 16]
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
    with pytest.MonkeyPatch.context() as patch:
        _steer_with_triton(patch)
        if wrong is not None:
            wrong(patch, runner.model_state.dragoman_steering)
        steps, graphs = _captured(runner, patch)
        for profile in profiles:
            retire(spec, profile.reference)
        for profile in reversed(profiles):
            load(spec, serialise_profile(profile), profile.reference)
        answers = ask(spec, requests)
    return Replayed(answers, dict(steps), [name for graph in graphs for name in graph.launched])


def _steer_with_triton(patch: pytest.MonkeyPatch) -> None:
    from kernels.router_bias._triton import steer_with_triton

    patch.setattr("gateway.vllm.steering.binding.router_bias", steer_with_triton)


def _captured(runner: Any, patch: pytest.MonkeyPatch) -> tuple[Counter[str], list[RecordedGraph]]:
    """Has vLLM capture its graphs for the runner. Counts what is replayed, for as long as the patch lasts."""
    from vllm.config import CUDAGraphMode
    from vllm.v1.worker.gpu import cudagraph_utils

    _do_without_cuda(patch)
    patch.setattr(runner.compilation_config, "cudagraph_capture_sizes", SIZES)
    patch.setattr(runner.compilation_config, "max_cudagraph_capture_size", SIZES[-1])
    manager = cudagraph_utils.ModelCudaGraphManager(
        runner.vllm_config, runner.device, CUDAGraphMode.FULL_AND_PIECEWISE, runner.decode_query_len
    )
    steps: Counter[str] = Counter()
    _hand_on_attention(runner, manager, steps, patch)
    with recorded_graphs() as graphs:
        manager.capture(
            *(runner.model, runner.model_state, runner.input_buffers, None),
            *(runner.block_tables, runner.attn_groups, runner.kv_cache_config),
        )
    patch.setattr(runner, "cudagraph_manager", manager)
    return steps, graphs


def _do_without_cuda(patch: pytest.MonkeyPatch) -> None:
    """Streams and pools of memory, which recorded graphs do not need."""
    from vllm.compilation import breakable_cudagraph
    from vllm.platforms import current_platform
    from vllm.v1.worker.gpu import cudagraph_utils

    @contextmanager
    def pool(given: Any, _: Any) -> Iterator[Any]:
        yield given

    for module in (breakable_cudagraph, cudagraph_utils):
        patch.setattr(module, "capture_pool", pool)
    patch.setattr(cudagraph_utils, "graph_capture", lambda device: nullcontext())
    patch.setattr(cudagraph_utils, "current_stream", lambda: None)
    patch.setattr(type(current_platform), "get_global_graph_pool", lambda self: None)
    # A weak reference is for the pool's sake; recorded graphs hold their tensors.
    for name in ("weak_ref_tensor", "weak_ref_tensors"):
        patch.setattr(breakable_cudagraph, name, lambda tensor: tensor)


def _hand_on_attention(runner: Any, manager: Any, steps: Counter[str], patch: pytest.MonkeyPatch) -> None:
    """Attention on the CPU asks for its batch, where CUDA's reads it from buffers: a full graph is told it, too."""
    from vllm.forward_context import set_forward_context
    from vllm.v1.worker.gpu.attn_utils import build_slot_mappings_by_layer

    state, run_full, run_piecewise = runner.model_state, manager.run_fullgraph, manager.run_pw_graph
    prepare, prepared = state.prepare_attn, {}

    def prepare_attn(batch: Any, mode: Any, tables: Any, slots: Any, *rest: Any, **named: Any) -> Any:
        prepared["attn"] = prepare(batch, mode, tables, slots, *rest, **named)
        prepared["slots"] = build_slot_mappings_by_layer(slots, runner.kv_cache_config)
        return prepared["attn"]

    def run_fullgraph(desc: Any) -> Any:
        steps["full"] += 1
        with set_forward_context(
            prepared["attn"], runner.vllm_config, num_tokens=desc.num_tokens, slot_mapping=prepared["slots"]
        ):
            return run_full(desc)

    def run_pw_graph(*args: Any) -> Any:
        steps["piecewise"] += 1
        return run_piecewise(*args)

    patch.setattr(state, "prepare_attn", prepare_attn)
    patch.setattr(manager, "run_fullgraph", run_fullgraph)
    patch.setattr(manager, "run_pw_graph", run_pw_graph)
