"""Steering under CUDA graphs, by both model runners. On a machine with a GPU all tests of this folder run on it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from routing.steering.model_match import config_hash
from routing.steering.profile_file import write_profile
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import Answer, EngineSpec, ask, start_process, status
from tests.gateway.vllm.steering.mixed_batch import SMALL_STEPS, eight_requests, six_profiles

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]
# Batches of other sizes meet other kernels, some of which sum in TF32. A wrong expert gives 0.1 and more on the CPU.
TOLERANCE = 0.05
GRAPHS = ("NONE", "PIECEWISE", "FULL_DECODE_ONLY", "FULL_AND_PIECEWISE")


@pytest.fixture(scope="module", params=["v1", "v2"])
def runner(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Run]]:
    """A model runner's kind, and how to call a function in a process whose engines have it."""
    environment = {
        "VLLM_USE_V2_MODEL_RUNNER": str(int(request.param == "v2")),
        "VLLM_CACHE_ROOT": str(tmp_path_factory.mktemp("compiled")),
        "TORCHDYNAMO_DISABLE": "0",
    }
    with start_process(environment) as pool:
        yield request.param, lambda function, *args: pool.submit(function, *args).result(timeout=600)


@pytest.mark.parametrize("graphs", GRAPHS)
def test_eight_requests_in_one_batch_answer_what_each_answers_alone(
    graphs: str,
    runner: tuple[str, Run],
    model_of: Callable[[str], tuple[Path, PreTrainedModel]],
    tmp_path: Path,
) -> None:
    kind, run = runner
    folder, model = model_of("qwen3_moe")
    profiles = six_profiles(config_hash(model.config.to_dict()))
    for profile in profiles:
        write_profile(profile, tmp_path / f"{profile.name}.safetensors")
    options = (*SMALL_STEPS, ("enforce_eager", False), ("gpu_memory_utilization", 0.1))
    spec = EngineSpec(folder, options, profiles=tmp_path, cuda_graphs=graphs)
    assert run(status, spec)[0]["runner_kind"] == kind
    requests = eight_requests(profiles)
    together = run(ask, spec, list(requests))
    alone = [run(ask, spec, [request])[0] for request in requests]
    assert [near(*pair) for pair in zip(together, alone, strict=True)] == [True] * 8
    unsteered = run(ask, spec, [replace(request, arguments={}) for request in requests])
    assert [near(*pair) for pair in zip(unsteered, alone, strict=True)] == [True] + [False] * 7


def near(one: Answer, other: Answer) -> bool:
    """The same probabilities of the first token; what follows it may differ, where two tokens are as likely."""
    first, second = one.logprobs[0][0], other.logprobs[0][0]
    shared = first.keys() & second.keys()
    return len(shared) >= 3 and all(abs(first[token] - second[token]) < TOLERANCE for token in shared)
