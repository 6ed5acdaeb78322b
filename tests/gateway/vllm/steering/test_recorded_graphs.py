"""Steering under full and piecewise CUDA graphs, captured and replayed by vLLM; recorded graphs stand for CUDA's."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from routing.steering.profile import Profile
from tests.gateway.vllm.steering import wrong_hooks
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import EngineSpec, ask
from tests.gateway.vllm.steering.graphed_engine import Break, Replayed, ask_by_graphs, ask_by_graphs_under_v1
from tests.gateway.vllm.steering.mixed_batch import eight_requests, same
from tests.gateway.vllm.steering.recorded_graph import SIZES
from tests.gateway.vllm.steering.tiny_models import LAYERS

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="test_on_a_gpu.py has real graphs")


@pytest.mark.parametrize("ask_replayed", [ask_by_graphs, ask_by_graphs_under_v1], ids=["V2", "V1"])
def test_eight_requests_in_replayed_steps_answer_what_each_answers_alone(
    ask_replayed: Callable[..., Replayed],
    mixed: tuple[EngineSpec, tuple[Profile, ...]],
    run: Run,
    run_v2: Run,
) -> None:
    spec, profiles = mixed
    requests = eight_requests(profiles)
    alone = [run(ask, spec, [request])[0] for request in requests]
    replayed = run_v2(ask_replayed, spec, profiles, list(requests))
    # Parts of prompts in some steps, and only requests that decode in others. No step but these.
    assert replayed.steps.keys() == {"piecewise", "full"}
    assert min(replayed.steps.values()) > 5
    # Decoding has full graphs only up to 8 requests, and each size but the largest has one of either kind.
    assert replayed.launched == ["steer_token"] * LAYERS * (2 * len(SIZES) - 1)
    assert [same(*pair) for pair in zip(replayed.answers, alone, strict=True)] == [True] * 8


def right(
    ask_replayed: Callable[..., Replayed],
    wrong: Break,
    mixed: tuple[EngineSpec, tuple[Profile, ...]],
    run: Run,
    run_v2: Run,
) -> bool:
    """Whether any of two short requests is answered as it should be."""
    spec, profiles = mixed
    requests = [replace(request, max_tokens=2) for request in eight_requests(profiles)[4:6]]
    answers = run_v2(ask_replayed, spec, profiles, requests, wrong).answers
    return any(same(*pair) for pair in zip(answers, run(ask, spec, requests), strict=True))


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
    assert not right(ask_by_graphs, wrong, mixed, run, run_v2)


def test_under_v1_too(mixed: tuple[EngineSpec, tuple[Profile, ...]], run: Run, run_v2: Run) -> None:
    wrong = wrong_hooks.skips_what_is_idle_at_the_capture
    assert not right(ask_by_graphs_under_v1, wrong, mixed, run, run_v2)


def test_a_hook_that_waits_for_the_device_cannot_be_captured(
    mixed: tuple[EngineSpec, tuple[Profile, ...]], run_v2: Run
) -> None:
    with pytest.raises(AssertionError, match="waits for the device"):
        run_v2(ask_by_graphs, *mixed, [], wrong_hooks.asks_the_device_whether_to_steer)
