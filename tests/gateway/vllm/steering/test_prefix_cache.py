"""Blocks of a prompt are shared by requests that are steered alike, and by no others: the engine's own counts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from routing.steering.profile_file import serialise_profile
from routing.steering.request import Steering
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, load, status
from tests.gateway.vllm.steering.steered_profiles import random_profile, random_prompt

PROMPT_TOKENS = 100
WHOLE_BLOCKS = 96


@pytest.fixture(scope="module")
def spec_and_profiles(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]],
    run: Run,
) -> tuple[EngineSpec, list[str]]:
    spec = EngineSpec(model_of("qwen3_moe")[0])
    config_hash = run(status, spec)[0]["model"]["config_hash"]
    # The same weights as two kinds, and other weights under the same name.
    profiles = [
        random_profile("p", "soft", config_hash, seed=1),
        random_profile("p", "additive", config_hash, seed=1),
        random_profile("p", "soft", config_hash, seed=2),
    ]
    for profile in profiles:
        run(load, spec, serialise_profile(profile), profile.reference)
    return spec, [profile.reference for profile in profiles]


def test_only_requests_that_are_steered_alike_share_blocks(
    spec_and_profiles: tuple[EngineSpec, list[str]], run: Run
) -> None:
    spec, references = spec_and_profiles
    ways: list[dict[str, str | float]] = [{}]
    ways += [Steering(reference).arguments for reference in references]
    ways += [Steering(references[0], strength).arguments for strength in (0.5, 0.0)]
    prompt = random_prompt(21, PROMPT_TOKENS)
    first = [run(ask, spec, [Ask(prompt, way)])[0] for way in ways]
    assert [answer.cached_tokens for answer in first] == [0] * len(ways)
    again = [run(ask, spec, [Ask(prompt, way)])[0] for way in ways]
    assert [answer.cached_tokens for answer in again] == [WHOLE_BLOCKS] * len(ways)
    assert [answer.tokens for answer in again] == [answer.tokens for answer in first]


def test_clients_that_keep_their_caches_apart_stay_apart_when_steered(
    spec_and_profiles: tuple[EngineSpec, list[str]], run: Run
) -> None:
    spec, references = spec_and_profiles
    arguments = Steering(references[0]).arguments
    asked = [
        Ask(random_prompt(22, PROMPT_TOKENS), arguments, cache_salt=salt) for salt in ("a", "b", None, "a")
    ]
    answers: list[Answer] = [run(ask, spec, [each])[0] for each in asked]
    assert [answer.cached_tokens for answer in answers] == [0, 0, 0, WHOLE_BLOCKS]


def test_the_next_turn_of_a_conversation_does_not_find_what_another_profile_answered(
    spec_and_profiles: tuple[EngineSpec, list[str]], run: Run
) -> None:
    spec, references = spec_and_profiles
    arguments = Steering(references[0]).arguments
    prompt = random_prompt(23, PROMPT_TOKENS)
    answer: Answer = run(ask, spec, [Ask(prompt, arguments, max_tokens=40)])[0]
    turn = (*prompt, *answer.tokens[0], 7, 8, 9)
    assert run(ask, spec, [Ask(turn)])[0].cached_tokens == 0
    assert run(ask, spec, [Ask(turn, arguments)])[0].cached_tokens == 128
