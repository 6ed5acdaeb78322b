"""The same on a GPU, with vLLM for CUDA: under model runner V2, its default, and under V1, where that is forced."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from kernels.sample.reference import Filters
from tests.gateway.vllm.sampling.composed_cases import NAMES, composed_cases
from tests.gateway.vllm.sampling.conftest import Run
from tests.gateway.vllm.sampling.drawn_ways import Way, ask_in, ask_without_waiting
from tests.gateway.vllm.sampling.sampled_engine import asking, by_reference
from tests.gateway.vllm.steering.engine_process import Ask, EngineSpec, ask, start_process
from tests.gateway.vllm.steering.tiny_models import VOCAB

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU is here"),
]

FILTERS = {
    "greedy": Filters(0),
    "temperature": Filters(0.9),
    "min-p": Filters(1.4, min_p=0.1),
    "hot": Filters(2.0),
}
COMPOSED = Filters(1.8, min_p=0.001)
AS_ON_CUDA = Way(takes_ranks=False)


def told(filters: Filters, seed: int, **options: Any) -> Ask:
    return replace(asking(filters, seed, **options), logprobs=VOCAB)


@pytest.fixture(scope="module", params=["v2", "v1"])
def run_gpu(request: pytest.FixtureRequest) -> Iterator[Run]:
    with start_process({"VLLM_USE_V2_MODEL_RUNNER": str(int(request.param == "v2"))}) as process:
        yield lambda function, *args: process.submit(function, *args).result(timeout=280)


def test_an_engine_draws_what_the_reference_draws_and_leaves_ranks_to_vllm(
    sampled: EngineSpec, run_gpu: Run
) -> None:
    requests = [told(filters, seed=-77) for filters in FILTERS.values()]
    ranked = told(Filters(1.1, top_p=0.7), seed=5)
    (*answers, _), rows = run_gpu(ask_in, sampled, [*requests, ranked], AS_ON_CUDA)
    for answer, filters in zip(answers, FILTERS.values(), strict=True):
        assert answer.tokens[0] == by_reference(answer, filters, -77)
    assert rows["vllm"] * len(FILTERS) == rows["kernel"]


def test_what_changes_logits_is_in_force_and_then_drawn_from_exactly(
    sampled: EngineSpec, run_gpu: Run
) -> None:
    (plain,) = run_gpu(ask, sampled, [told(COMPOSED, 41)])
    cases = composed_cases(plain.tokens[0])
    answers = run_gpu(ask, sampled, [told(COMPOSED, 41, **case.options) for case in cases.values()])
    for name, answer in zip(NAMES, answers, strict=True):
        assert answer.tokens[0] == by_reference(answer, COMPOSED, 41, cases[name].change), name


def test_a_step_waits_for_nothing_on_the_host(sampled: EngineSpec, run_gpu: Run) -> None:
    requests = [asking(filters, seed=3) for filters in FILTERS.values()]
    assert run_gpu(ask_without_waiting, sampled, requests, AS_ON_CUDA) > 0
