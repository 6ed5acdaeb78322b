"""What a child is given, and what is refused; what is drawn is tested in a real engine."""

from copy import copy
from types import SimpleNamespace
from typing import Any

import pytest
from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import SamplingParams, SamplingType

from gateway.vllm.sampling.hedging import hedged_child, hedging_generate, hedging_validate

HEDGED = {"dragoman_temperatures": [0, 0.8, 1.5], "dragoman_min_p": [0.3, 0.1, 0]}


class Parent:
    """As vLLM makes children: one for all, or a copy with a seed for each. Its own takes a compiler to import."""

    def __init__(self, params: SamplingParams) -> None:
        self.sampling_params = params
        self.shared = copy(params)
        self.shared.n = 1

    @hedged_child
    def child(self, index: int) -> SamplingParams:
        if self.sampling_params.seed is None:
            return self.shared
        seeded = copy(self.shared)
        seeded.seed = self.sampling_params.seed + index
        return seeded


def children(arguments: dict[str, Any] | None, **fields: Any) -> list[SamplingParams]:
    params = SamplingParams(n=3, temperature=0.7, top_p=0.9, top_k=40, extra_args=arguments, **fields)
    _ = params.sampling_type  # kept by vLLM from then on, and copied
    parent = Parent(params)
    return [parent.child(index) for index in range(3)]


def test_each_child_has_what_the_request_says_of_it() -> None:
    greedy, warm, hot = children(HEDGED)
    assert [child.temperature for child in (greedy, warm, hot)] == [0, 0.8, 1.5]
    assert (greedy.top_p, greedy.top_k, greedy.min_p) == (1, 0, 0)
    assert greedy.sampling_type is SamplingType.GREEDY
    assert (warm.top_p, warm.top_k, warm.min_p) == (0.9, 40, 0.1)
    assert hot.min_p == 0
    assert warm.sampling_type is hot.sampling_type is SamplingType.RANDOM
    assert {child.n for child in (greedy, warm, hot)} == {1}


def test_children_know_each_other_and_those_of_no_other_request() -> None:
    families = [
        {child.extra_args["dragoman_parent"] for child in children(HEDGED) if child.extra_args}
        for _ in range(2)
    ]
    assert [len(family) for family in families] == [1, 1]
    assert families[0] != families[1]


def test_seeds_are_still_told_apart_by_vllm() -> None:
    assert [child.seed for child in children(HEDGED, seed=7)] == [7, 8, 9]


def test_min_p_alone_leaves_the_temperature() -> None:
    assert {child.temperature for child in children({"dragoman_min_p": [0, 0.5, 1]})} == {0.7}


@pytest.mark.parametrize("arguments", [None, {}, {"other": 1}])
def test_a_request_that_asks_for_nothing_gets_vllm_s_own_children(arguments: Any) -> None:
    first, second, third = children(arguments)
    assert first is second is third


def engine(wish: bool | None, *, speculates: bool = False, is_diffusion: bool = False) -> Any:
    config = SimpleNamespace(
        additional_config={} if wish is None else {"dragoman_hedging": wish},
        speculative_config=object() if speculates else None,
        model_config=SimpleNamespace(is_diffusion=is_diffusion),
    )
    return SimpleNamespace(vllm_config=config)


def ask(arguments: dict[str, Any], asked: Any) -> None:
    params = SamplingParams(n=3, temperature=0.7, extra_args=arguments)
    hedging_generate(lambda *_: None)(asked, "prompt", params)
    hedging_validate(lambda *_: None)(asked, params, ())


def test_only_an_engine_that_was_asked_to_takes_them() -> None:
    ask(HEDGED, engine(True))
    ask({"other": 1}, engine(None))
    for wish in (None, False):
        with pytest.raises(VLLMValidationError, match="started without"):
            ask(HEDGED, engine(wish))


def test_speculative_decoding_takes_temperatures_and_no_min_p_as_vllm_takes_none() -> None:
    ask({"dragoman_temperatures": [0, 1, 1], "dragoman_min_p": [0, 0, 0]}, engine(True, speculates=True))
    with pytest.raises(VLLMValidationError, match="speculative"):
        ask(HEDGED, engine(True, speculates=True))


def test_a_diffusion_model_has_a_schedule_for_all() -> None:
    with pytest.raises(VLLMValidationError, match="diffusion"):
        ask({"dragoman_temperatures": [1, 1, 1]}, engine(True, is_diffusion=True))


@pytest.mark.parametrize("place", [hedging_generate, hedging_validate])
def test_a_wrong_wish_is_refused_by_name_wherever_a_request_comes_in(place: Any) -> None:
    params = SamplingParams(n=3, temperature=0.7, extra_args={"dragoman_temperatures": [0, 1]})
    arguments = ("prompt", params) if place is hedging_generate else (params, ())
    with pytest.raises(VLLMValidationError, match="list of n numbers") as refused:
        place(lambda *_: None)(engine(True), *arguments)
    assert refused.value.parameter == "vllm_xargs"


def test_embeddings_are_not_looked_at() -> None:
    assert hedging_validate(lambda _, params, __: params)(engine(None), "pooling", ()) == "pooling"
