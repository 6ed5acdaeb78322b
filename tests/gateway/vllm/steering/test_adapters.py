"""Steering beside LoRA adapters, of the attention and of the very gates whose logits are steered."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from transformers import PreTrainedModel

from routing.steering.profile import Profile
from routing.steering.profile_file import serialise_profile
from routing.steering.request import Steering
from tests.gateway.vllm.steering.adapters import (
    WITH_ADAPTERS,
    merged,
    routing_where_experts_may_have_adapters,
    save_adapter,
    start_with_adapters,
)
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, load, routing, status
from tests.gateway.vllm.steering.mixed_batch import same
from tests.gateway.vllm.steering.steered_profiles import random_profile, random_prompt
from tests.gateway.vllm.steering.test_families import (
    STRENGTH,
    TOLERANCE,
    compare_layers,
    largest_difference,
)

PROMPT = random_prompt(41, 100)
WHOLE_BLOCKS = 96


@dataclass(frozen=True)
class Adapted:
    """An engine with two adapters and two profiles. models: by adapter, the model with it in its weights."""

    spec: EngineSpec
    profiles: tuple[Profile | None, ...]
    adapters: tuple[Path | None, ...]
    models: dict[Path | None, PreTrainedModel]

    @property
    def requests(self) -> list[Ask]:
        """Every adapter and none, with every profile and none."""
        return [Ask(PROMPT, arguments(profile), adapter=adapter) for profile, adapter in self.pairs]

    @property
    def pairs(self) -> list[tuple[Profile | None, Path | None]]:
        return list(product(self.profiles, self.adapters))


def arguments(profile: Profile | None) -> dict[str, str | float]:
    return Steering(profile.reference, STRENGTH).arguments if profile else {}


@pytest.fixture(scope="module")
def adapted(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]],
    run: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> Adapted:
    folder, model = model_of("qwen3_moe")
    spec = EngineSpec(folder, WITH_ADAPTERS)
    run(start_with_adapters, spec)
    hashed = run(status, spec)[0]["model"]["config_hash"]
    profiles = (random_profile("p", "soft", hashed, seed=1), random_profile("q", "hard", hashed, seed=2))
    for profile in profiles:
        run(load, spec, serialise_profile(profile), profile.reference)
    paths = [tmp_path_factory.mktemp("adapters") / name for name in ("வழி", "مسار")]
    added = {path: save_adapter(path, model, seed) for seed, path in enumerate(paths)}
    models: dict[Path | None, PreTrainedModel] = {None: model}
    models |= {path: merged(model, changes) for path, changes in added.items()}
    return Adapted(spec, (None, *profiles), (None, *paths), models)


def test_every_adapter_with_every_profile_in_one_batch_answers_as_transformers_does_with_both(
    adapted: Adapted, run: Run
) -> None:
    requests = [
        replace(request, prompt=PROMPT[:20], wants_prompt_logprobs=True) for request in adapted.requests
    ]
    answers: list[Answer] = run(ask, adapted.spec, requests)
    for request, (profile, adapter), answer in zip(requests, adapted.pairs, answers, strict=True):
        assert largest_difference(adapted.models[adapter], request.prompt, profile, answer) < TOLERANCE
    assert not any(same(one, other) for one, other in combinations(answers, 2))


def test_a_gate_with_an_adapter_is_steered_after_it(adapted: Adapted, run: Run) -> None:
    adapter, profile = adapted.adapters[1], adapted.profiles[1]
    assert profile is not None
    request = Ask(PROMPT[:20], arguments(profile), adapter=adapter)
    compare_layers(adapted.models[adapter], request, profile, run(routing, adapted.spec, request))


def test_experts_that_may_have_adapters_are_steered_as_others_are(adapted: Adapted, run: Run) -> None:
    request = Ask(PROMPT[:20], arguments(adapted.profiles[1]))
    layers, wrapped = run(routing_where_experts_may_have_adapters, adapted.spec, request)
    plain = run(routing, adapted.spec, request)
    assert layers == sorted(wrapped) == sorted(plain)
    assert all(np.array_equal(wrapped[layer], plain[layer]) for layer in layers)


def test_blocks_are_shared_by_requests_with_both_the_adapter_and_the_profile_alone(
    adapted: Adapted, run: Run
) -> None:
    first = [run(ask, adapted.spec, [request])[0].cached_tokens for request in adapted.requests]
    again = [run(ask, adapted.spec, [request])[0].cached_tokens for request in adapted.requests]
    assert first == [0] * 9
    assert again == [WHOLE_BLOCKS] * 9
