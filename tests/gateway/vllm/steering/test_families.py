"""Each family of models, steered by vLLM and by transformers: two implementations that share no code."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from routing.steering.profile import Profile, ProfileKind
from routing.steering.profile_file import serialise_profile
from routing.steering.request import Steering
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, load, routing, status
from tests.gateway.vllm.steering.reference import SteeredGates, gates, logprobs_of
from tests.gateway.vllm.steering.steered_profiles import random_profile, random_prompt
from tests.gateway.vllm.steering.tiny_models import EXPERTS, FAMILIES, LAYERS

Models = Callable[[str], tuple[Path, PreTrainedModel]]
KINDS: tuple[ProfileKind, ...] = ("additive", "soft", "hard")
STRENGTH = 0.75
TOLERANCE = 2e-4
"""Of log-probabilities in float32; measured: at most 6e-5, where a wrong expert gives 5 and more."""


@pytest.mark.parametrize("family", FAMILIES)
def test_steered_by_vllm_is_steered_by_transformers(family: str, model_of: Models, run: Run) -> None:
    folder, model = model_of(family)
    # vLLM's rotary kernel for the CPU turns DeepSeek's heads wrongly, as it does without the plugin.
    spec = EngineSpec(folder, custom_ops=("-rotary_embedding",) if "deepseek" in family else ())
    described = run(status, spec)[0]["model"]
    layers = tuple(sorted(gates(model, EXPERTS)))
    assert tuple(described["routed_layers"]) == layers
    assert (described["depth"], described["experts"], described["experts_per_token"]) == (LAYERS, EXPERTS, 2)
    profiles = [random_profile("p", kind, described["config_hash"], layers=layers) for kind in KINDS]
    for profile in profiles:
        run(load, spec, serialise_profile(profile), profile.reference)
    prompts = [random_prompt(seed, 20) for seed in range(4)]
    ways: list[Profile | None] = [None, *profiles]
    requests = [request(prompt, way) for prompt, way in zip(prompts, ways, strict=True)]
    answers: list[Answer] = run(ask, spec, requests)
    for prompt, way, answer in zip(prompts, ways, answers, strict=True):
        assert largest_difference(model, prompt, way, answer) < TOLERANCE, way and way.kind
        if way is not None:
            # That they agree would mean nothing if the profile did nothing.
            assert largest_difference(model, prompt, None, answer) > 0.1
    compare_layers(model, requests[2], profiles[1], run(routing, spec, requests[2]))


def request(prompt: tuple[int, ...], profile: Profile | None) -> Ask:
    arguments = Steering(profile.reference, STRENGTH).arguments if profile else {}
    return Ask(prompt, arguments, wants_prompt_logprobs=True)


def largest_difference(
    model: PreTrainedModel, prompt: tuple[int, ...], profile: Profile | None, answer: Answer
) -> float:
    """Of all log-probabilities that vLLM gave, for the prompt and for what it answered."""
    tokens = [*prompt, *answer.tokens[0]]
    expected = logprobs_of(model, tokens, SteeredGates(gates(model, EXPERTS), profile, STRENGTH))
    given = [*answer.prompt_logprobs, *answer.logprobs[0]]
    assert len(given) == len(tokens) - 1
    differences = [
        abs(logprob - float(expected[position, token]))
        for position, logprobs in enumerate(given)
        for token, logprob in logprobs.items()
    ]
    return max(differences)


def compare_layers(
    model: PreTrainedModel, asked: Ask, profile: Profile, given: dict[int, np.ndarray]
) -> None:
    """Layer by layer: the same logits behind the hook, and the same experts by them."""
    reference = SteeredGates(gates(model, EXPERTS), profile, STRENGTH)
    logprobs_of(model, list(asked.prompt), reference)
    assert sorted(given) == sorted(reference.seen) == sorted(gates(model, EXPERTS))
    for layer, logits in given.items():
        expected = reference.seen[layer]
        assert np.allclose(logits, expected, atol=TOLERANCE, rtol=TOLERANCE)
        chosen = torch.from_numpy(logits).topk(2).indices.sort().values
        assert torch.equal(chosen, expected.topk(2).indices.sort().values)
