"""Steering beside what else a request may ask for: each is in force, alone and in a batch of all of them."""

from dataclasses import replace

import pytest
from vllm.sampling_params import StructuredOutputsParams

from routing.steering.profile_file import serialise_profile
from routing.steering.request import Steering
from tests.gateway.vllm.sampling.sampled_engine import letter, make_sampled_engine
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, load, status
from tests.gateway.vllm.steering.mixed_batch import SMALL_STEPS, same
from tests.gateway.vllm.steering.steered_profiles import random_profile, random_prompt

WORDS = ["नमस्ते", "नमस्कार", "他们信任你", "你们休会"]
PROMPT = random_prompt(31, 24)


@pytest.fixture(scope="module")
def asked(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[EngineSpec, dict[str, Ask]]:
    """An engine with a tokenizer, and requests by what they ask for."""
    folder = tmp_path_factory.mktemp("composed")
    make_sampled_engine(folder)
    spec = EngineSpec(folder, (("skip_tokenizer_init", False), *SMALL_STEPS))
    profile = random_profile("p", "soft", run(status, spec)[0]["model"]["config_hash"], seed=3)
    run(load, spec, serialise_profile(profile), profile.reference)
    # Of what a grammar forbids the logarithm is infinite, and no difference of two a number: so one token is told.
    grammar = {"structured_outputs": StructuredOutputsParams(choice=WORDS)}
    plain = Ask(PROMPT, max_tokens=10)
    requests = {
        "nothing": plain,
        "a bias": replace(plain, options={"logit_bias": {300: 100.0}}),
        "a grammar": replace(plain, options=grammar, logprobs=1),
    }
    arguments = Steering(profile.reference, 2.0).arguments
    steered = {f"steering and {name}": replace(each, arguments=arguments) for name, each in requests.items()}
    return spec, {**requests, **steered}


def said(answer: Answer) -> str:
    return "".join(letter(token) for token in answer.tokens[0])


def test_grammars_biases_and_profiles_change_their_own_answers_and_no_neighbour_s(
    asked: tuple[EngineSpec, dict[str, Ask]], run: Run
) -> None:
    spec, requests = asked
    together: dict[str, Answer] = dict(zip(requests, run(ask, spec, list(requests.values())), strict=True))
    for name, request in requests.items():
        assert same(run(ask, spec, [request])[0], together[name]), name
    names = list(together)
    alike = [
        (one, other)
        for number, one in enumerate(names)
        for other in names[:number]
        if same(together[one], together[other])
    ]
    assert not alike


def test_a_steered_answer_keeps_to_its_grammar(asked: tuple[EngineSpec, dict[str, Ask]], run: Run) -> None:
    spec, requests = asked
    answer: Answer = run(ask, spec, [requests["steering and a grammar"]])[0]
    assert any(said(answer).startswith(word) for word in WORDS)
