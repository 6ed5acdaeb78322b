"""Steering under model runner V2, CUDA's default, in a real engine: on the CPU, by Triton's interpreter."""

from dataclasses import replace

from routing.steering.profile import Profile
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import EngineSpec, ask, preemptions, status
from tests.gateway.vllm.steering.mixed_batch import eight_requests, same


def test_it_proves_itself_as_the_runner_that_it_is(
    mixed: tuple[EngineSpec, tuple[Profile, ...]], run_v2: Run
) -> None:
    proven = run_v2(status, mixed[0])[0]
    assert (proven["runner_kind"], proven["model"]["routed_layers"]) == ("v2", (0, 1, 2))


def test_eight_requests_in_one_batch_answer_what_each_answers_alone_under_v1(
    mixed: tuple[EngineSpec, tuple[Profile, ...]], run: Run, run_v2: Run
) -> None:
    spec, profiles = mixed
    requests = eight_requests(profiles)
    alone = [run(ask, spec, [request])[0] for request in requests]
    together = run_v2(ask, spec, list(requests))
    assert [same(*pair) for pair in zip(together, alone, strict=True)] == [True] * 8
    assert sum(run_v2(status, spec)[0]["tokens_steered"].values()) > 0


def test_requests_that_were_preempted_go_on_steered_as_before(
    mixed: tuple[EngineSpec, tuple[Profile, ...]], run: Run, run_v2: Run
) -> None:
    spec, profiles = mixed
    requests = [replace(request, max_tokens=60) for request in eight_requests(profiles)]
    # Room for 8 blocks of 32 tokens, where the eight requests come to want 23.
    tight = replace(spec, options=(*spec.options, ("num_gpu_blocks_override", 9)))
    answers, times = run_v2(preemptions, tight, requests)
    assert times > 0
    alone = run(ask, spec, requests)
    assert [same(*pair) for pair in zip(answers, alone, strict=True)] == [True] * 8
