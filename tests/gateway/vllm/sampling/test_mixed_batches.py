"""Rows of ours and of vLLM's in one batch, under both model runners: each is drawn as it is alone, and counted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kernels.sample.reference import Filters
from tests.gateway.vllm.sampling.drawn_ways import Way, ask_in
from tests.gateway.vllm.sampling.sampled_engine import PROMPT, asking
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec

Run = Callable[..., Any]

TOKENS = 6
AS_ON_CUDA = Way(takes_ranks=False)
BY_VLLM = Way(by_vllm=True)


@pytest.fixture(params=["v1", "v2"])
def run_in(request: pytest.FixtureRequest) -> Run:
    """Each of the model runners."""
    run: Run = request.getfixturevalue("run" if request.param == "v1" else "run_v2")
    return run


def short(filters: Filters, seed: int | None, **options: Any) -> Ask:
    """One whose prompt fits in a step beside two others': vLLM's own sampler cannot do with seeds and parts of one."""
    return replace(asking(filters, seed, **options), prompt=PROMPT[:5], max_tokens=TOKENS)


def alone(run: Run, sampled: EngineSpec, request: Ask, way: Way) -> Answer:
    (answer,), _ = run(ask_in, sampled, [request], way)
    assert isinstance(answer, Answer)
    return answer


def test_ranks_are_left_to_vllm_where_they_are_not_ours(sampled: EngineSpec, run_in: Run) -> None:
    ours = [short(Filters(1.4, min_p=0.02), seed=3), short(Filters(0), seed=4)]
    theirs = [short(Filters(1.4, top_p=0.9), seed=5), short(Filters(1.4, top_k=60), seed=6)]
    for left in theirs:
        together, rows = run_in(ask_in, sampled, [ours[0], left, ours[1]], AS_ON_CUDA)
        assert together[0].tokens == alone(run_in, sampled, ours[0], Way()).tokens
        assert together[1].tokens == alone(run_in, sampled, left, BY_VLLM).tokens
        assert together[2].tokens == alone(run_in, sampled, ours[1], BY_VLLM).tokens
        assert rows == {"kernel": 2 * TOKENS, "vllm": TOKENS}
        # Else a row that was drawn by the wrong one would not show.
        assert together[1].tokens != alone(run_in, sampled, left, Way()).tokens


def test_log_probabilities_after_the_filters_are_left_to_vllm_and_no_other_row(
    sampled: EngineSpec, run_in: Run
) -> None:
    told = replace(short(Filters(1.4, min_p=0.02, top_k=60), seed=7), logprobs=3)
    untold = replace(short(Filters(1.4, min_p=0.02), seed=8), logprobs=None)
    way = Way(logprobs_mode="processed_logprobs")
    (first, second), rows = run_in(ask_in, sampled, [told, untold], way)
    assert first == alone(run_in, sampled, told, replace(way, by_vllm=True))
    assert second.tokens == alone(run_in, sampled, untold, Way()).tokens
    assert rows == {"kernel": TOKENS, "vllm": TOKENS}


def test_what_changes_logits_reaches_the_rows_of_both(sampled: EngineSpec, run_in: Run) -> None:
    bias = {"logit_bias": {9: 100.0}}
    requests = [
        short(Filters(1.4), seed=1, **bias),
        short(Filters(1.4, top_p=0.9), seed=2, **bias),
        short(Filters(1.4, top_p=0.9), seed=2, presence_penalty=2.0),
    ]
    together, rows = run_in(ask_in, sampled, requests, AS_ON_CUDA)
    assert {answer.tokens for answer in together[:2]} == {((9,) * TOKENS,)}
    assert together[2].tokens == alone(run_in, sampled, requests[2], BY_VLLM).tokens
    assert rows == {"kernel": TOKENS, "vllm": 2 * TOKENS}


def test_without_the_switch_vllm_draws_and_nothing_is_counted(sampled: EngineSpec, run_in: Run) -> None:
    request = short(Filters(1.4, min_p=0.02), seed=3)
    (answer,), rows = run_in(ask_in, sampled, [request], BY_VLLM)
    assert rows == {}
    assert answer.tokens != alone(run_in, sampled, request, Way()).tokens
