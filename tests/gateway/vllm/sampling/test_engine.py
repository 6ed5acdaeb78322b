"""A real engine whose rows our sampler draws: token for token what the reference draws, and the same in any company."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kernels.sample.reference import Filters
from tests.gateway.vllm.sampling.sampled_engine import PROMPT, asking, by_reference
from tests.gateway.vllm.steering.engine_process import (
    Ask,
    EngineSpec,
    answer_while_others_come_and_go,
    ask,
    sampled_rows,
)
from tests.gateway.vllm.steering.tiny_models import VOCAB

Run = Callable[..., Any]

FILTERS = {
    "temperature": Filters(0.9),
    "min-p": Filters(1.4, min_p=0.1),
    "top-k": Filters(1.2, top_k=7),
    "top-p": Filters(1.1, top_p=0.7),
    "all of them": Filters(2.0, min_p=0.01, top_k=60, top_p=0.9),
}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_an_engine_draws_what_the_reference_draws(sampled: EngineSpec, run: Run, filters: Filters) -> None:
    request = replace(asking(filters, seed=-77), logprobs=VOCAB)
    answer = run(ask, sampled, [request])[0]
    assert answer.tokens[0] == by_reference(answer, filters, -77)


def test_a_seeded_request_draws_the_same_alone_and_in_any_company(sampled: EngineSpec, run: Run) -> None:
    requests = [asking(filters, seed) for seed, filters in enumerate(FILTERS.values())]
    others = [Ask(PROMPT[:7], temperature=0.0, max_tokens=8), asking(Filters(1.0), seed=None)]
    alone = [run(ask, sampled, [request])[0].tokens for request in requests]
    together = [answer.tokens for answer in run(ask, sampled, [*others, *requests])]
    assert together[2:] == alone
    came_and_went = run(answer_while_others_come_and_go, sampled, requests[0], [*requests[1:], *others])
    assert came_and_went.tokens == alone[0]


def test_greedy_rows_beside_random_ones_are_greedy(sampled: EngineSpec, run: Run) -> None:
    greedy = Ask(PROMPT, temperature=0.0, max_tokens=8)
    alone = run(ask, sampled, [greedy])[0].tokens
    beside = run(ask, sampled, [greedy, asking(Filters(1.5), seed=3)])[0].tokens
    assert beside == alone


def test_requests_without_a_seed_differ(sampled: EngineSpec, run: Run) -> None:
    answers = run(ask, sampled, [asking(Filters(1.5), seed=None)] * 6)
    assert len({answer.tokens for answer in answers}) > 4


def test_what_is_applied_to_logits_before_holds(sampled: EngineSpec, run: Run) -> None:
    allowed = [3, 200, 201, 202, 203, 501]
    requests = [
        asking(Filters(2.0), seed=1, allowed_token_ids=allowed),
        asking(Filters(0.5), seed=1, repetition_penalty=1e4),
        asking(Filters(2.0), seed=1, logit_bias={9: 100.0}),
    ]
    answers = [answer.tokens[0] for answer in run(ask, sampled, requests)]
    assert set(answers[0]) <= set(allowed)
    assert len(set(answers[1])) == len(answers[1])
    assert not set(answers[1]) & set(PROMPT)
    assert set(answers[2]) == {9}


def test_rows_are_counted_by_who_drew_them(sampled: EngineSpec, run: Run) -> None:
    before = run(sampled_rows, sampled)
    run(ask, sampled, [Ask(PROMPT[:4], temperature=0.0, max_tokens=5)])
    run(ask, sampled, [replace(asking(Filters(1.0), seed=1), prompt=PROMPT[:4], max_tokens=3)])
    after = run(sampled_rows, sampled)
    assert {who: after[who] - before[who] for who in after} == {"vllm": 0, "kernel": 8}
