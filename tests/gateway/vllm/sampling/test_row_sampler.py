"""Which batches are ours; what is drawn is tested in a real engine."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from vllm.v1.sample.logits_processor.builtin import MinPLogitsProcessor

from gateway.vllm.sampling.row_sampler import RowSampler, SeededGenerator


class SomebodysProcessor(MinPLogitsProcessor):
    """Not the one that we know."""


def min_p(kind: type[MinPLogitsProcessor] = MinPLogitsProcessor) -> MinPLogitsProcessor:
    config: Any = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=4))
    return kind(config, torch.device("cpu"), False)


def metadata(**changed: Any) -> Any:
    fields: dict[str, Any] = {
        "temperature": torch.ones(2),
        "top_k": None,
        "top_p": None,
        "generators": {},
        "all_greedy": False,
        "max_num_logprobs": None,
        "logitsprocs": SimpleNamespace(argmax_invariant=[min_p()]),
    }
    return SimpleNamespace(**fields | changed)


def sampler() -> RowSampler:
    batch = SimpleNamespace(num_tokens_no_spec=np.array([5, 6], np.int32))
    return RowSampler(SimpleNamespace(input_batch=batch))


@pytest.mark.parametrize("mode", ["raw_logprobs", "processed_logprobs"])
def test_random_draws_without_logprobs_are_ours(mode: str) -> None:
    assert sampler().takes(metadata(), mode)


def test_logprobs_of_the_model_are_no_reason_to_leave_it_to_vllm_but_those_after_filters_are() -> None:
    asked = metadata(max_num_logprobs=0)
    assert sampler().takes(asked, "raw_logprobs")
    assert not sampler().takes(asked, "processed_logprobs")
    assert not sampler().takes(asked, "processed_logits")


def test_what_is_not_ours_is_left_to_vllm() -> None:
    foreign = SimpleNamespace(argmax_invariant=[min_p(), min_p(SomebodysProcessor)])
    assert not sampler().takes(metadata(logitsprocs=foreign), "raw_logprobs")
    assert not sampler().takes(metadata(all_greedy=True, temperature=None), "raw_logprobs")


def test_a_row_with_nothing_to_draw_gives_a_token_all_the_same() -> None:
    logits = torch.full((2, 300), -torch.inf)
    logits[1, 77] = -3.0
    assert sampler().draw(logits, metadata()).tolist() == [0, 77]


@pytest.mark.parametrize("seed", [0, -1, 2**63 - 1, -(2**63)])
def test_any_seed_that_vllm_takes_gives_the_same_draws_again(seed: int) -> None:
    logits = torch.zeros(2, 300)
    drawn = []
    for _ in range(2):
        asked = metadata(generators={1: torch.Generator().manual_seed(seed)})
        drawn.append(int(sampler().draw(logits, asked)[1]))
    assert drawn[0] == drawn[1]


def test_a_generator_can_be_turned_back_and_keeps_its_seed() -> None:
    asked = metadata(generators={0: torch.Generator().manual_seed(-9)})
    sampler().mend_generators(asked)
    mended = asked.generators[0]
    mended.set_offset(mended.get_offset() - 4)
    assert isinstance(mended, SeededGenerator)
    assert mended.initial_seed() == 2**64 - 9
