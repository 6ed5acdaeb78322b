"""What else a request may ask for, in a real engine beside our draws: each is in force, and the draws stay exact."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from vllm.sampling_params import StructuredOutputsParams

from kernels.sample.reference import Filters
from tests.gateway.vllm.sampling.composed_cases import NAMES, composed_cases
from tests.gateway.vllm.sampling.sampled_engine import (
    PROMPT,
    asking,
    by_reference,
    letter,
)
from tests.gateway.vllm.steering.engine_process import (
    Answer,
    Ask,
    EngineSpec,
    ask,
    preemptions,
    refusal,
    sampled_rows,
)
from tests.gateway.vllm.steering.tiny_models import VOCAB

Run = Callable[..., Any]

SEED = 41
FILTERS = Filters(1.8, min_p=0.001, top_p=0.98)
PLAIN = replace(asking(FILTERS, SEED), logprobs=VOCAB)
WORDS = ["नमस्ते", "नमस्कार", "他们信任你", "你们休会"]


@pytest.fixture(scope="module")
def plain(sampled: EngineSpec, run: Run) -> Answer:
    answer: Answer = run(ask, sampled, [PLAIN])[0]
    return answer


@pytest.fixture(scope="module")
def answers(sampled: EngineSpec, run: Run, plain: Answer) -> dict[str, Answer]:
    """Those to all cases, drawn together."""
    requests = [_with(PLAIN, case.options) for case in composed_cases(plain.tokens[0]).values()]
    return dict(zip(NAMES, run(ask, sampled, requests), strict=True))


def _with(request: Ask, options: Mapping[str, Any]) -> Ask:
    return replace(request, options={**request.options, **options})


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_logits_is_in_force_and_then_drawn_from_exactly(
    plain: Answer, answers: dict[str, Answer], name: str
) -> None:
    answer, case = answers[name], composed_cases(plain.tokens[0])[name]
    assert answer.tokens[0] == by_reference(answer, FILTERS, SEED, case.change)
    assert answer.tokens[0] != by_reference(answer, FILTERS, SEED), "the case has no bite"


def test_an_answer_stops_at_its_token(sampled: EngineSpec, run: Run, plain: Answer) -> None:
    stop = plain.tokens[0][3]
    (answer,) = run(ask, sampled, [_with(PLAIN, {"stop_token_ids": [stop]})])
    end = plain.tokens[0].index(stop) + 1
    assert answer.tokens[0] == plain.tokens[0][:end]


def test_a_grammar_is_kept_and_drawn_from_exactly(sampled: EngineSpec, run: Run) -> None:
    # More words than there are tokens: it does not end.
    grammar = StructuredOutputsParams(regex=f"({'|'.join(WORDS)}){{9}}")
    requests = [
        replace(_with(PLAIN, {"structured_outputs": grammar, "seed": seed}), max_tokens=12)
        for seed in range(6)
    ]
    drawn = run(ask, sampled, [*requests, PLAIN])
    texts = {"".join(map(letter, answer.tokens[0])) for answer in drawn[:-1]}
    assert all(_begins_with_words(text) for text in texts)
    assert len(texts) > 1
    # vLLM takes the grammar out of the logits before it tells their probabilities.
    for seed, answer in enumerate(drawn[:-1]):
        assert answer.tokens[0] == by_reference(answer, FILTERS, seed)


def _begins_with_words(text: str) -> bool:
    """Whether it is words, and perhaps the beginning of one more."""
    if any(word.startswith(text) for word in WORDS):
        return True
    return any(text.startswith(word) and _begins_with_words(text[len(word) :]) for word in WORDS)


@pytest.mark.parametrize("logprobs", [0, 2])
def test_probabilities_may_be_asked_for_or_not(
    sampled: EngineSpec, run: Run, plain: Answer, logprobs: int
) -> None:
    told = replace(PLAIN, logprobs=logprobs, wants_prompt_logprobs=True)
    (answer,) = run(ask, sampled, [told])
    assert answer.tokens == plain.tokens
    assert len(answer.prompt_logprobs) == len(PROMPT) - 1
    for step, before, token in zip(answer.logprobs[0], plain.logprobs[0], plain.tokens[0], strict=True):
        assert step[token] == pytest.approx(before[token], abs=1e-4)


def test_answers_of_one_request_are_those_of_a_seed_each(sampled: EngineSpec, run: Run) -> None:
    (several,) = run(ask, sampled, [replace(PLAIN, n=3)])
    single = run(ask, sampled, [_with(PLAIN, {"seed": SEED + place}) for place in range(3)])
    assert several.tokens == tuple(answer.tokens[0] for answer in single)


def test_answers_of_one_request_have_the_temperatures_that_it_gives_them(
    sampled: EngineSpec, run: Run
) -> None:
    arguments = {"dragoman_temperatures": [0, 0.6, 1.8], "dragoman_min_p": [0, 0.3, 0.001]}
    (hedged,) = run(ask, sampled, [replace(PLAIN, n=3, arguments=arguments)])
    alone = [
        replace(asking(filters, SEED + place), logprobs=VOCAB)
        for place, filters in enumerate(
            [Filters(0.0), Filters(0.6, min_p=0.3, top_p=0.98), Filters(1.8, min_p=0.001, top_p=0.98)]
        )
    ]
    assert hedged.tokens == tuple(answer.tokens[0] for answer in run(ask, sampled, alone))
    assert len(set(hedged.tokens)) == 3


def test_a_wrong_wish_for_temperatures_is_refused(sampled: EngineSpec, run: Run) -> None:
    wrong = replace(PLAIN, n=3, arguments={"dragoman_temperatures": [0, 1]})
    assert "list of n numbers" in run(refusal, sampled, wrong)


def test_a_request_that_loses_its_memory_goes_on_where_it_was(sampled: EngineSpec, run: Run) -> None:
    requests = [replace(asking(FILTERS, seed), max_tokens=60) for seed in range(8)]
    answers, times = run(preemptions, sampled, requests)
    assert times > 0
    assert [answer.tokens for answer in answers] == [
        run(ask, sampled, [request])[0].tokens for request in requests
    ]


def test_all_of_it_was_drawn_by_us(sampled: EngineSpec, run: Run, answers: dict[str, Answer]) -> None:
    before = run(sampled_rows, sampled)
    run(ask, sampled, [_with(PLAIN, {"bad_words": [letter(7)], "presence_penalty": 1.0})])
    after = run(sampled_rows, sampled)
    assert after["kernel"] - before["kernel"] >= 8
    assert after["vllm"] == before["vllm"]
