"""The graphs of model runner V1, which wraps the model in them."""

from collections import Counter
from typing import Any

import pytest

from tests.gateway.vllm.steering.recorded_graph import SIZES, RecordedGraph, do_without_cuda, recorded_graphs


def capture_under_v1(runner: Any, patch: pytest.MonkeyPatch) -> tuple[Counter[str], list[RecordedGraph]]:
    """Has vLLM capture its graphs for the runner. Counts steps by their kind, for as long as the patch lasts."""
    from vllm.compilation import breakable_cudagraph, cuda_graph
    from vllm.config import CUDAGraphMode
    from vllm.v1.cudagraph_dispatcher import CudagraphDispatcher

    do_without_cuda(patch, breakable_cudagraph, cuda_graph)
    config = runner.compilation_config
    patch.setattr(config, "cudagraph_capture_sizes", SIZES)
    patch.setattr(config, "max_cudagraph_capture_size", SIZES[-1])
    patch.setattr(config, "cudagraph_mode", CUDAGraphMode.FULL_AND_PIECEWISE)
    patch.setattr(config, "cudagraph_num_of_warmups", 1)
    dispatcher = CudagraphDispatcher(runner.vllm_config)
    dispatcher.initialize_cudagraph_keys(config.cudagraph_mode, runner.uniform_decode_query_len)
    patch.setattr(runner, "cudagraph_dispatcher", dispatcher)
    broken = breakable_cudagraph.BreakableCUDAGraphWrapper(
        runner.model, runner.vllm_config, CUDAGraphMode.PIECEWISE
    )
    patch.setattr(
        runner, "model", cuda_graph.CUDAGraphWrapper(broken, runner.vllm_config, CUDAGraphMode.FULL)
    )
    with recorded_graphs() as graphs:
        for mode, descriptions in dispatcher.get_capture_descs():
            runner._capture_cudagraphs(descriptions, mode)
    return _counted(dispatcher, patch), graphs


def _counted(dispatcher: Any, patch: pytest.MonkeyPatch) -> Counter[str]:
    steps: Counter[str] = Counter()
    dispatch = dispatcher.dispatch

    def counting(*args: Any, **kwargs: Any) -> Any:
        mode, description = dispatch(*args, **kwargs)
        steps[mode.name.lower()] += 1
        return mode, description

    patch.setattr(dispatcher, "dispatch", counting)
    return steps
