"""The graphs of model runner V2, which decodes in full ones and has piecewise ones for the rest."""

from collections import Counter
from typing import Any

import pytest

from tests.gateway.vllm.steering.recorded_graph import SIZES, RecordedGraph, do_without_cuda, recorded_graphs


def capture_under_v2(runner: Any, patch: pytest.MonkeyPatch) -> tuple[Counter[str], list[RecordedGraph]]:
    """Has vLLM capture its graphs for the runner. Counts what is replayed, for as long as the patch lasts."""
    from vllm.compilation import breakable_cudagraph
    from vllm.config import CUDAGraphMode
    from vllm.v1.worker.gpu import cudagraph_utils

    do_without_cuda(patch, breakable_cudagraph, cudagraph_utils)
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
