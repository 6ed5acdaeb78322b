"""Which rows are ours, and what a batch is put together from; what is drawn is tested in a real engine."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from vllm.v1.sample.logits_processor.builtin import MinPLogitsProcessor

from gateway.vllm.sampling.row_sampler import RowSampler
from gateway.vllm.sampling.seeded_generator import SeededGenerator

VOCABULARY = 300


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
        "logitsprocs": SimpleNamespace(argmax_invariant=[min_p()]),
    }
    return SimpleNamespace(**fields | changed)


def sampler(asked: Any, *, takes_ranks: bool = True, **changed: Any) -> RowSampler:
    """Of a runner with two requests in its batch, "a" and "b"."""
    fields: dict[str, Any] = {
        "sampling_metadata": asked,
        "req_id_to_index": {"a": 0, "b": 1},
        "num_logprobs": {},
        "logprob_token_ids": {},
        "vocab_size": VOCABULARY,
    }
    batch = SimpleNamespace(**fields | changed)
    runner = SimpleNamespace(input_batch=batch, seq_lens=torch.tensor([5, 6, 0], dtype=torch.int32))
    return RowSampler(runner, takes_ranks=takes_ranks)


def left(made: RowSampler, asked: Any, mode: str = "raw_logprobs") -> list[bool]:
    batch = made.batch(asked, mode, torch.zeros(2, VOCABULARY))
    assert batch is not None
    rows: list[bool] = batch.left.tolist()
    assert batch.counts == {"vllm": sum(rows), "kernel": 2 - sum(rows)}
    assert (batch.tokens(torch.zeros(2, VOCABULARY)) is None) == all(rows)
    return rows


def step(made: RowSampler, logits: Tensor) -> list[int]:
    """The tokens of a step of the runner's batch, which is counted."""
    batch = made.batch(made._runner.input_batch.sampling_metadata, "raw_logprobs", logits)
    assert batch is not None
    made.count(batch)
    tokens = batch.tokens(logits)
    assert tokens is not None
    return list(tokens.tolist())


def drawn(asked: Any, logits: Tensor) -> list[int]:
    return step(sampler(asked), logits)


@pytest.mark.parametrize("mode", ["raw_logprobs", "processed_logprobs"])
@pytest.mark.parametrize("temperature", [torch.ones(2), None])
def test_draws_without_logprobs_are_ours_greedy_ones_too(mode: str, temperature: Tensor | None) -> None:
    asked = metadata(temperature=temperature)
    assert left(sampler(asked), asked, mode) == [False, False]


@pytest.mark.parametrize("wanting", [{"num_logprobs": {"b": 0}}, {"logprob_token_ids": {"b": [7]}}])
def test_logprobs_after_the_filters_are_vllm_s_and_those_of_the_model_no_reason(wanting: Any) -> None:
    asked = metadata()
    assert left(sampler(asked, **wanting), asked, "raw_logprobs") == [False, False]
    for mode in ("processed_logprobs", "processed_logits"):
        assert left(sampler(asked, **wanting), asked, mode) == [False, True]


def test_ranks_are_ours_only_where_it_is_said_so() -> None:
    asked = metadata(top_k=torch.tensor([9, VOCABULARY]), top_p=torch.ones(2))
    ranks: Any = {"top_k_cpu": torch.tensor([9, VOCABULARY]).numpy(), "top_p_cpu": torch.ones(2).numpy()}
    assert left(sampler(asked, **ranks), asked) == [False, False]
    assert left(sampler(asked, takes_ranks=False, **ranks), asked) == [True, False]


def test_a_processor_of_somebody_else_s_that_acts_on_random_draws_leaves_all_to_vllm() -> None:
    asked = metadata(logitsprocs=SimpleNamespace(argmax_invariant=[min_p(), min_p(SomebodysProcessor)]))
    assert left(sampler(asked), asked) == [True, True]


def test_what_the_engine_warms_up_with_is_no_batch() -> None:
    assert sampler(metadata()).batch(metadata(), "raw_logprobs", torch.zeros(2, VOCABULARY)) is None


def test_a_batch_is_put_together_once() -> None:
    asked = metadata(generators={1: torch.Generator().manual_seed(5)})
    made, logits = sampler(asked), torch.zeros(2, VOCABULARY)
    first = made.batch(asked, "raw_logprobs", logits)
    assert made.batch(asked, "raw_logprobs", logits) is first
    assert isinstance(asked.generators[1], SeededGenerator)
    changed = metadata()
    made._runner.input_batch.sampling_metadata = changed
    assert made.batch(changed, "raw_logprobs", logits) is not first


def test_each_step_of_a_batch_is_drawn_by_where_its_rows_stand_then_and_counted() -> None:
    asked, logits = metadata(generators={0: torch.Generator().manual_seed(8)}), torch.zeros(2, VOCABULARY)
    made, steps = sampler(asked), []
    for _ in range(3):
        steps.append(step(made, logits)[0])
        made._runner.seq_lens += 1
    assert len(set(steps)) == 3
    assert made.rows == {"kernel": 6, "vllm": 0}
    at_the_third = sampler(asked)
    at_the_third._runner.seq_lens += 2
    assert step(at_the_third, logits)[0] == steps[2]


def test_a_row_with_nothing_to_draw_gives_a_token_all_the_same() -> None:
    logits = torch.full((2, VOCABULARY), -torch.inf)
    logits[1, 77] = -3.0
    assert drawn(metadata(), logits) == [0, 77]


@pytest.mark.parametrize("seed", [0, -1, 2**63 - 1, -(2**63)])
def test_any_seed_that_vllm_takes_gives_the_same_draws_again(seed: int) -> None:
    again = [
        drawn(metadata(generators={1: torch.Generator().manual_seed(seed)}), torch.zeros(2, VOCABULARY))[1]
        for _ in range(2)
    ]
    assert again[0] == again[1]
