"""Steering under full and piecewise CUDA graphs, captured and replayed by vLLM; recorded graphs stand for CUDA's."""

from dataclasses import replace

import pytest
import torch

from routing.steering.profile import Profile
from tests.gateway.vllm.steering import wrong_hooks
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import EngineSpec, ask
from tests.gateway.vllm.steering.graphed_engine import SIZES, Break, ask_by_graphs
from tests.gateway.vllm.steering.mixed_batch import eight_requests, same
from tests.gateway.vllm.steering.tiny_models import LAYERS

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="test_on_a_gpu.py has real graphs")


def test_eight_requests_in_replayed_steps_answer_what_each_answers_alone_under_v1(
    mixed: tuple[EngineSpec, tuple[Profile, ...]], run: Run, run_v2: Run
) -> None:
    spec, profiles = mixed
    requests = eight_requests(profiles)
    alone = [run(ask, spec, [request])[0] for request in requests]
    replayed = run_v2(ask_by_graphs, spec, profiles, list(requests))
    # Some with prompts or parts of them, and some in which all decode; a step of neither would not be counted.
    assert replayed.steps["piecewise"] > 5
    assert replayed.steps["full"] > 5
    # Decoding has full graphs only up to 8 requests, and each size but the largest has one of either kind.
    assert replayed.launched == ["steer_token"] * LAYERS * (2 * len(SIZES) - 1)
    assert [same(*pair) for pair in zip(replayed.answers, alone, strict=True)] == [True] * 8


@pytest.mark.parametrize(
    "wrong",
    [
        wrong_hooks.skips_what_is_idle_at_the_capture,
        wrong_hooks.replaces_a_buffer,
        wrong_hooks.launches_up_to_the_last_steered_token,
        wrong_hooks.computes_on_the_host,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_what_a_graph_would_not_keep_is_found_out(
    wrong: Break, mixed: tuple[EngineSpec, tuple[Profile, ...]], run: Run, run_v2: Run
) -> None:
    spec, profiles = mixed
    requests = [replace(request, max_tokens=2) for request in eight_requests(profiles)[4:6]]
    alone = run(ask, spec, requests)
    wrongly = run_v2(ask_by_graphs, spec, profiles, requests, wrong).answers
    assert [same(*pair) for pair in zip(wrongly, alone, strict=True)] == [False, False]


def test_a_hook_that_waits_for_the_device_cannot_be_captured(
    mixed: tuple[EngineSpec, tuple[Profile, ...]], run_v2: Run
) -> None:
    with pytest.raises(AssertionError, match="waits for the device"):
        run_v2(ask_by_graphs, *mixed, [], wrong_hooks.asks_the_device_whether_to_steer)
