"""Steering under model runner V2, CUDA's default, in a real engine: on the CPU, by Triton's interpreter."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from routing.steering.profile_file import write_profile
from tests.gateway.vllm.sampling.v2_runner import ENVIRONMENT, show_vllm_a_triton_for_cpus
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import EngineSpec, ask, preemptions, start_process, status
from tests.gateway.vllm.steering.mixed_batch import SMALL_STEPS, eight_requests, same, six_profiles


@pytest.fixture(scope="module")
def run_v2() -> Iterator[Run]:
    """As `run`, in a process whose engines have model runner V2."""
    with start_process(ENVIRONMENT) as process:
        process.submit(show_vllm_a_triton_for_cpus).result()
        yield lambda function, *args: process.submit(function, *args).result(timeout=800)


@pytest.fixture(scope="module")
def spec(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]],
    run: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> EngineSpec:
    folder, _ = model_of("qwen3_moe")
    kept = tmp_path_factory.mktemp("profiles")
    for profile in six_profiles(run(status, EngineSpec(folder))[0]["model"]["config_hash"]):
        write_profile(profile, kept / f"{profile.name}.safetensors")
    return EngineSpec(folder, SMALL_STEPS, profiles=kept)


def test_it_proves_itself_as_the_runner_that_it_is(spec: EngineSpec, run_v2: Run) -> None:
    proven = run_v2(status, spec)[0]
    assert (proven["runner_kind"], proven["model"]["routed_layers"]) == ("v2", (0, 1, 2))


def test_eight_requests_in_one_batch_answer_what_each_answers_alone_under_v1(
    spec: EngineSpec, run: Run, run_v2: Run
) -> None:
    requests = eight_requests(six_profiles(run(status, spec)[0]["model"]["config_hash"]))
    alone = [run(ask, spec, [request])[0] for request in requests]
    together = run_v2(ask, spec, list(requests))
    assert [same(*pair) for pair in zip(together, alone, strict=True)] == [True] * 8
    assert sum(run_v2(status, spec)[0]["tokens_steered"].values()) > 0


def test_requests_that_were_preempted_go_on_steered_as_before(
    spec: EngineSpec, run: Run, run_v2: Run
) -> None:
    profiles = six_profiles(run(status, spec)[0]["model"]["config_hash"])
    requests = [replace(request, max_tokens=60) for request in eight_requests(profiles)]
    # Room for 8 blocks of 32 tokens, where the eight requests come to want 23.
    tight = replace(spec, options=(*spec.options, ("num_gpu_blocks_override", 9)))
    answers, times = run_v2(preemptions, tight, requests)
    assert times > 0
    alone = run(ask, spec, requests)
    assert [same(*pair) for pair in zip(answers, alone, strict=True)] == [True] * 8
