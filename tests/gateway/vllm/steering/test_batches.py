"""What one request is steered by must not depend on what runs beside it, nor on how its tokens are cut into steps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from routing.steering.profile import Profile
from routing.steering.profile_file import serialise_profile, write_profile
from routing.steering.request import Steering
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import (
    Answer,
    Ask,
    EngineSpec,
    answer_while_others_come_and_go,
    ask,
    load,
    preemptions,
    refusal,
    retire,
    retire_while_in_use,
    start_process,
    status,
)
from tests.gateway.vllm.steering.mixed_batch import SMALL_STEPS, eight_requests, same, six_profiles
from tests.gateway.vllm.steering.steered_profiles import random_profile


@dataclass(frozen=True)
class Steered:
    """An engine of small steps and little memory, and eight requests that are all steered differently."""

    spec: EngineSpec
    profiles: tuple[Profile, ...]
    requests: tuple[Ask, ...]
    alone: tuple[Answer, ...]


@pytest.fixture(scope="module")
def steered(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]],
    run: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> Steered:
    folder, _ = model_of("qwen3_moe")
    config_hash = run(status, EngineSpec(folder))[0]["model"]["config_hash"]
    profiles = six_profiles(config_hash)
    kept = tmp_path_factory.mktemp("profiles")
    for profile in profiles:
        write_profile(profile, kept / f"{profile.name}.safetensors")
    spec = EngineSpec(folder, SMALL_STEPS, profiles=kept)
    requests = eight_requests(profiles)
    alone = tuple(run(ask, spec, [request])[0] for request in requests)
    return Steered(spec, profiles, requests, alone)


def test_profiles_of_the_configured_folder_are_there_from_the_start(steered: Steered, run: Run) -> None:
    assert set(run(status, steered.spec)[0]["profiles"]) == {
        profile.reference for profile in steered.profiles
    }


def test_eight_requests_in_one_batch_answer_what_each_answers_alone(steered: Steered, run: Run) -> None:
    together = run(ask, steered.spec, list(steered.requests))
    assert [same(*pair) for pair in zip(together, steered.alone, strict=True)] == [True] * 8


def test_the_eight_answers_differ(steered: Steered, run: Run) -> None:
    """Else the test above would hold for an engine that steers nobody, or everybody alike."""
    prompt = steered.requests[-1].prompt
    requests = [replace(request, prompt=prompt, max_tokens=8) for request in steered.requests]
    answers = run(ask, steered.spec, requests)
    assert all(not same(one, other) for i, one in enumerate(answers) for other in answers[:i])


def test_a_strength_of_zero_is_no_steering(steered: Steered, run: Run) -> None:
    off = Steering(steered.profiles[0].reference, 0.0)
    assert run(ask, steered.spec, [replace(steered.requests[0], arguments=off.arguments)]) == [
        steered.alone[0]
    ]


@pytest.mark.parametrize("kept", [0, 2, 3])
def test_requests_that_come_and_are_dropped_do_not_change_one_that_stays(
    kept: int, steered: Steered, run: Run
) -> None:
    others = [request for number, request in enumerate(steered.requests) if number != kept]
    answer = run(answer_while_others_come_and_go, steered.spec, steered.requests[kept], others)
    assert same(answer, steered.alone[kept])


def test_each_of_n_samples_is_steered(steered: Steered, run: Run) -> None:
    # So cold that every sample takes the likeliest token: greedy requests may not ask for several.
    request = replace(steered.requests[1], n=3, temperature=1e-3)
    answers = run(ask, steered.spec, [request, replace(steered.requests[2], n=2, temperature=1e-3)])
    assert answers[0].tokens == steered.alone[1].tokens * 3
    assert answers[1].tokens == steered.alone[2].tokens * 2


def test_requests_that_lose_their_memory_and_come_back_are_still_steered(steered: Steered, run: Run) -> None:
    requests = [replace(request, max_tokens=60) for request in steered.requests]
    # Room for 8 blocks of 32 tokens, where the eight requests come to want 23.
    tight = replace(steered.spec, options=(*steered.spec.options, ("num_gpu_blocks_override", 9)))
    answers, times = run(preemptions, tight, requests)
    assert times > 0
    alone = run(ask, steered.spec, requests)
    assert [same(*pair) for pair in zip(answers, alone, strict=True)] == [True] * 8


def test_steered_tokens_are_counted_by_profile(steered: Steered, run: Run) -> None:
    profile = steered.profiles[4].reference
    request = next(each for each in steered.requests if each.arguments.get("dragoman_profile") == profile)
    before = run(status, steered.spec)[0]["tokens_steered"][profile]
    run(ask, steered.spec, [request, steered.requests[0]])
    after = run(status, steered.spec)[0]["tokens_steered"][profile]
    # The last token of an answer is never read again.
    assert after - before == len(request.prompt) + request.max_tokens - 1


def test_a_profile_is_retired_once_no_request_has_it_and_then_refused(steered: Steered, run: Run) -> None:
    profile = random_profile("late", "soft", steered.profiles[0].origin.config_hash, seed=77)
    request = replace(steered.requests[0], arguments=Steering(profile.reference).arguments)
    assert "is not loaded" in run(refusal, steered.spec, request)
    run(load, steered.spec, serialise_profile(profile), profile.reference)
    run(ask, steered.spec, [request])
    assert run(retire_while_in_use, steered.spec, request, profile.reference) == (1, 0)
    # The front end still knows it; the core does not.
    assert "ConfigError" in run(refusal, steered.spec, request)
    assert profile.reference not in run(status, steered.spec)[0]["profiles"]


def test_a_row_that_became_free_holds_its_next_profile_and_nothing_of_the_last(
    steered: Steered, run: Run
) -> None:
    strong = random_profile("strong", "additive", steered.profiles[0].origin.config_hash, seed=5)
    narrow = random_profile("narrow", "additive", steered.profiles[0].origin.config_hash, seed=6, layers=(1,))
    answers = []
    for first in (None, strong):
        if first is not None:
            run(load, steered.spec, serialise_profile(first), first.reference)
            assert run(retire, steered.spec, first.reference) == 0
        run(load, steered.spec, serialise_profile(narrow), narrow.reference)
        answers += run(
            ask, steered.spec, [replace(steered.requests[0], arguments=Steering(narrow.reference).arguments)]
        )
        assert run(retire, steered.spec, narrow.reference) == 0
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"dragoman_profile": "p0"},
        {"dragoman_profile": "p0@0000000000000000"},
        {"dragoman_strength": 1.0},
    ],
)
def test_a_request_that_cannot_be_steered_as_it_asks_is_refused(
    arguments: dict[str, str | float], steered: Steered, run: Run
) -> None:
    assert "VLLMValidationError" in run(
        refusal, steered.spec, replace(steered.requests[0], arguments=arguments)
    )


@pytest.fixture(scope="module")
def run_without_plugin() -> Iterator[Run]:
    with start_process({"VLLM_PLUGINS": ""}) as pool:
        yield lambda function, *args: pool.submit(function, *args).result(timeout=800)


def test_an_unsteered_request_answers_bit_for_bit_what_it_answers_without_the_plugin(
    steered: Steered, run: Run, run_without_plugin: Run
) -> None:
    """Alone; in a mixed batch too the kernels that it meets are the same, so its logits are."""
    plain = replace(steered.spec, is_steered=False)
    assert run_without_plugin(ask, plain, [steered.requests[0]]) == [steered.alone[0]]
    eight = [replace(request, arguments={}) for request in steered.requests]
    assert run_without_plugin(ask, plain, eight) == run(ask, steered.spec, eight)


def test_an_engine_that_was_not_asked_to_steer_refuses_a_steered_request(steered: Steered, run: Run) -> None:
    plain = EngineSpec(steered.spec.folder, is_steered=False)
    assert "does not steer" in run(refusal, plain, steered.requests[1])
