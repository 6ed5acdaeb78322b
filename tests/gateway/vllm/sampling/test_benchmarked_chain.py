"""The chain that the benchmark on a GPU calls vLLM's is vLLM's: it draws the tokens of its own sampler."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from benchmarks.kernels.workloads import workloads
from kernels.sample.cases import GREEDY, Case, make_case, peaked_logits
from kernels.sample.reference import Filters
from tests.gateway.vllm.steering.engine_process import EngineSpec, engine

Run = Callable[..., Any]

ASKED = {
    **{f"{each.name}, {len(each.filters)} draws": list(each.filters) for each in workloads(1) + workloads(5)},
    "as it is, beside greedy": [Filters(1.0), GREEDY],
    "everything": [Filters(1.3, min_p=0.02, top_k=60, top_p=0.95), Filters(1.0), GREEDY],
}


@pytest.mark.parametrize("name", ASKED)
def test_the_benchmark_draws_what_the_sampler_of_vllm_draws(
    sampled: EngineSpec, run_v2: Run, name: str
) -> None:
    by_chain, by_sampler = run_v2(drawn_by_both, sampled, ASKED[name])
    assert by_chain == by_sampler
    assert len(by_chain) == len(ASKED[name])


def drawn_by_both(spec: EngineSpec, filters: list[Filters]) -> tuple[list[int], list[int]]:
    """One row's tokens by the benchmark's chain and by ``Sampler.sample``, with one seed after another."""
    from benchmarks.kernels.vllm_v2_chain import vllm_v2_chain

    case = make_case("asked", peaked_logits(1, 600, torch.bfloat16), filters)
    rows = case.logits.repeat_interleave(len(filters), dim=0)
    with pytest.MonkeyPatch.context() as patch:
        # vLLM's kernel for ranks does not run under the interpreter; its other implementation takes its place in both.
        from vllm.v1.sample.ops import topk_topp_sampler

        patch.setattr(topk_topp_sampler, "HAS_TRITON", False)
        by_rank = topk_topp_sampler.apply_top_k_top_p
        patch.setattr("vllm.v1.sample.ops.topk_topp_triton.apply_top_k_top_p_triton", by_rank)
        by_chain = vllm_v2_chain(case, logprobs=False)(rows).tolist()
        return by_chain, _by_sampler(_runner(spec), case, filters)


def _runner(spec: EngineSpec) -> Any:
    core: Any = engine(spec).llm_engine.engine_core
    return core.engine_core.model_executor.driver_worker.worker.model_runner


def _by_sampler(runner: Any, case: Case, filters: list[Filters]) -> list[int]:
    import numpy
    from vllm import SamplingParams
    from vllm.v1.worker.gpu.sample.sampler import Sampler

    count, vocabulary = len(filters), case.logits.shape[1]
    sampler = Sampler(
        runner.vllm_config, runner.max_num_reqs, vocabulary, torch.device("cpu"), runner.req_states
    )
    for number, each in enumerate(filters):
        asked = SamplingParams(
            temperature=each.temperature,
            min_p=each.min_p,
            top_k=each.top_k,
            top_p=each.top_p,
            seed=int(case.seeds[0]) + number,
        )
        sampler.add_request(number, asked)
    sampler.apply_staged_writes()
    requests, zeros = torch.arange(count, dtype=torch.int32), torch.zeros(count, dtype=torch.int32)
    arguments: Any = (
        *(requests, requests, numpy.arange(count)),
        *(case.positions.repeat_interleave(count), zeros, zeros, numpy.full(count, 9)),
    )
    tokens, _ = sampler.sample(case.logits.repeat_interleave(count, dim=0), *arguments)
    drawn: list[int] = tokens.tolist()
    return drawn
