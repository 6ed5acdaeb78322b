"""Language masks in real engines beside our draws: mixed, in steps and preempted requests, under both model runners."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from kernels.sample.reference import Filters
from tests.gateway.vllm.sampling.masked_requests import TOKENS, ask_masked, masked_preemptions, table
from tests.gateway.vllm.sampling.sampled_engine import asking
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, start_process

Run = Callable[..., Any]

# By language, mode and filters; one without a mask among them.
WANTED = [
    ("hi", "hard", Filters(1.5)),
    ("th", "hard", Filters(0)),
    (None, "hard", Filters(1.5)),
    ("ar", "gate", Filters(0)),
    ("zh", "hard", Filters(1.2, min_p=0.01)),
    ("am", "gate", Filters(2.0, top_k=60)),
    ("ko", "bias", Filters(1.5, top_p=0.95)),
    ("hi", "gate", Filters(1.1, min_p=0.05)),
]


def _request(language: str | None, mode: str, filters: Filters, seed: int) -> Ask:
    arguments = {"dragoman_mask": language, "dragoman_mask_mode": mode} if language else {}
    return replace(asking(filters, seed), arguments=arguments, max_tokens=24)


REQUESTS = [_request(*wanted, seed) for seed, wanted in enumerate(WANTED)]
HARD = [place for place, (language, mode, _) in enumerate(WANTED) if language and mode == "hard"]


@pytest.fixture(scope="module")
def by_v1(sampled: EngineSpec, run: Run) -> tuple[list[Answer], int]:
    drawn: tuple[list[Answer], int] = run(ask_masked, sampled, REQUESTS)
    return drawn


def assert_held(place: int, answer: Answer) -> None:
    masks, drawn = table(str(WANTED[place][0])), answer.tokens[0]
    states = [masks.state_after(drawn[:said]) for said in range(len(drawn))]
    assert all(token in masks.allowed_ids(state) for state, token in zip(states, drawn, strict=True))
    assert any(states), "no character was ever open"


@pytest.mark.parametrize("place", HARD)
def test_what_is_held_hard_is_of_its_language_through_every_open_character(
    by_v1: tuple[list[Answer], int], place: int
) -> None:
    assert_held(place, by_v1[0][place])


def test_the_others_are_not(by_v1: tuple[list[Answer], int]) -> None:
    text = b"".join(TOKENS[token] or b"" for token in by_v1[0][2].tokens[0])
    assert "\ufffd" in text.decode(errors="replace")
    assert by_v1[1] > 0, "the gate never acted"


def test_both_model_runners_draw_the_same_under_masks(
    sampled: EngineSpec, run_v2: Run, by_v1: tuple[list[Answer], int]
) -> None:
    answers, acted = run_v2(ask_masked, sampled, REQUESTS)
    assert [answer.tokens for answer in answers] == [answer.tokens for answer in by_v1[0]]
    assert acted > 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU is here")
@pytest.mark.parametrize("v2", [True, False])
def test_what_is_held_hard_is_of_its_language_on_a_gpu_too(sampled: EngineSpec, v2: bool) -> None:
    with start_process({"VLLM_USE_V2_MODEL_RUNNER": str(int(v2))}) as process:
        answers, acted = process.submit(ask_masked, sampled, REQUESTS).result(timeout=280)
    for place in HARD:
        assert_held(place, answers[place])
    assert acted > 0


def test_requests_that_lose_their_memory_are_held_where_they_were(
    sampled: EngineSpec, run_v2: Run, by_v1: tuple[list[Answer], int]
) -> None:
    longer = [replace(request, max_tokens=30) for request in REQUESTS]
    answers, times = run_v2(masked_preemptions, sampled, longer)
    assert times > 0
    for answer, short in zip(answers, by_v1[0], strict=True):
        assert answer.tokens[0][:24] == short.tokens[0]
