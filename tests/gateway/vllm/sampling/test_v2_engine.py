"""A real engine with model runner V2, CUDA's default: it draws what the reference draws, and what V1 draws."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from vllm.sampling_params import StructuredOutputsParams

from kernels.sample.reference import Filters
from tests.gateway.vllm.host_waits import waiting_for_nothing
from tests.gateway.vllm.sampling.composed_cases import NAMES, composed_cases
from tests.gateway.vllm.sampling.drawn_ways import Way, ask_in, ask_without_waiting
from tests.gateway.vllm.sampling.sampled_engine import asking, by_reference
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, preemptions
from tests.gateway.vllm.steering.tiny_models import VOCAB

Run = Callable[..., Any]

FILTERS = {
    "greedy": Filters(0),
    "temperature": Filters(0.9),
    "min-p": Filters(1.4, min_p=0.1),
    "top-k": Filters(1.2, top_k=7),
    "top-p": Filters(1.1, top_p=0.7),
    "all of them": Filters(2.0, min_p=0.01, top_k=60, top_p=0.9),
}
SEED = 41
COMPOSED = Filters(1.8, min_p=0.001, top_p=0.98)
REQUESTS = [replace(asking(filters, seed=-77), logprobs=VOCAB) for filters in FILTERS.values()]
PLAIN = replace(asking(COMPOSED, SEED), logprobs=VOCAB)


@pytest.fixture(scope="module")
def drawn(sampled: EngineSpec, run_v2: Run) -> dict[str, Answer]:
    """Those of all filters, in one batch."""
    answers, rows = run_v2(ask_in, sampled, REQUESTS, Way())
    assert rows.keys() == {"kernel"}
    return dict(zip(FILTERS, answers, strict=True))


@pytest.mark.parametrize("name", FILTERS)
def test_an_engine_draws_what_the_reference_draws(drawn: dict[str, Answer], name: str) -> None:
    assert drawn[name].tokens[0] == by_reference(drawn[name], FILTERS[name], -77)


def test_both_model_runners_draw_the_same(sampled: EngineSpec, run: Run, drawn: dict[str, Answer]) -> None:
    assert [answer.tokens for answer in run(ask, sampled, REQUESTS)] == [
        answer.tokens for answer in drawn.values()
    ]


def test_so_do_the_kernels_for_gpus(sampled: EngineSpec, run_v2: Run, drawn: dict[str, Answer]) -> None:
    answers, _ = run_v2(ask_in, sampled, REQUESTS, Way(by_triton=True))
    assert answers == list(drawn.values())


def test_a_step_with_them_waits_for_nothing_on_the_host(sampled: EngineSpec, run_v2: Run) -> None:
    requests = [replace(asking(filters, seed=3), max_tokens=2) for filters in list(FILTERS.values())[:3]]
    # Two steps for the prompts at least.
    assert run_v2(ask_without_waiting, sampled, requests, Way(by_triton=True, takes_ranks=False)) > 2
    with pytest.raises(AssertionError, match="waits"), waiting_for_nothing():
        bool(torch.zeros(3).any())


@pytest.fixture(scope="module")
def composed(sampled: EngineSpec, run_v2: Run, run: Run) -> tuple[Answer, dict[str, Answer]]:
    """The answer to a request that asks for nothing more, and those to all cases, drawn together."""
    (plain,) = run(ask, sampled, [PLAIN])
    requests = [_with(PLAIN, case.options) for case in composed_cases(plain.tokens[0]).values()]
    return plain, dict(zip(NAMES, run_v2(ask, sampled, requests), strict=True))


def _with(request: Ask, options: Any) -> Ask:
    return replace(request, options={**request.options, **options})


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_logits_is_in_force_and_then_drawn_from_exactly(
    composed: tuple[Answer, dict[str, Answer]], name: str
) -> None:
    plain, answers = composed
    answer, case = answers[name], composed_cases(plain.tokens[0])[name]
    assert answer.tokens[0] == by_reference(answer, COMPOSED, SEED, case.change)
    assert answer.tokens[0] != by_reference(answer, COMPOSED, SEED), "the case has no bite"


def test_a_grammar_beside_none_is_kept_and_drawn_from_exactly(sampled: EngineSpec, run_v2: Run) -> None:
    word = "नमस्ते"
    grammar = StructuredOutputsParams(regex=f"({word}|{word[::-1]}){{9}}")
    answers = run_v2(ask, sampled, [_with(PLAIN, {"structured_outputs": grammar}), PLAIN])
    # The grammar has been taken out of the logits before their probabilities are told.
    for answer in answers:
        assert answer.tokens[0] == by_reference(answer, COMPOSED, SEED)
    assert {chr(0x0900 + token) for token in answers[0].tokens[0]} <= set(word)


def test_answers_of_one_request_have_the_temperatures_that_it_gives_them(
    sampled: EngineSpec, run_v2: Run
) -> None:
    temperatures = (0.0, 0.6, 1.8)
    hedged = replace(
        asking(Filters(0.7), SEED),
        n=3,
        arguments={"dragoman_temperatures": list(temperatures)},
        logprobs=VOCAB,
    )
    (answer,) = run_v2(ask, sampled, [hedged])
    for place, temperature in enumerate(temperatures):
        one = Answer((answer.tokens[place],), (answer.logprobs[place],), (), 0)
        assert one.tokens[0] == by_reference(one, Filters(temperature), SEED + place)


def test_requests_that_lose_their_memory_go_on_where_they_were(sampled: EngineSpec, run_v2: Run) -> None:
    requests = [replace(PLAIN, max_tokens=12, options={**PLAIN.options, "seed": seed}) for seed in range(8)]
    answers, times = run_v2(preemptions, sampled, requests)
    assert times > 0
    for seed, answer in enumerate(answers):
        assert answer.tokens[0] == by_reference(answer, COMPOSED, seed)
