"""All answers to one request draw their first token from one row of logits, whenever and wherever they begin."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from gateway.vllm.sampling.first_rows import FirstRows
from kernels.sample.reference import Filters
from tests.gateway.vllm.sampling.drawn_ways import Way, ask_a_noisy_model
from tests.gateway.vllm.sampling.sampled_engine import asking
from tests.gateway.vllm.steering.engine_process import Ask, EngineSpec, refusal
from tests.gateway.vllm.steering.tiny_models import VOCAB

Run = Callable[..., Any]

HEDGED = replace(
    asking(Filters(1.4), seed=3),
    n=3,
    max_tokens=3,
    logprobs=VOCAB,
    arguments={"dragoman_temperatures": [0, 0.7, 1.4]},
)


@pytest.fixture(params=["v1", "v2"])
def run_in(request: pytest.FixtureRequest) -> Run:
    """Each of the model runners."""
    run: Run = request.getfixturevalue("run" if request.param == "v1" else "run_v2")
    return run


def test_a_row_stands_for_all_that_have_its_parent_and_for_no_other() -> None:
    rows, logits = FirstRows(), torch.arange(12.0).view(4, 3)
    rows.share(logits, [(0, "a"), (2, "b"), (3, "a")])
    assert logits.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 1, 2]]
    later = torch.zeros(2, 3)
    rows.share(later, [(1, "b")])
    assert later.tolist() == [[0, 0, 0], [6, 7, 8]]


def test_few_rows_are_kept() -> None:
    rows = FirstRows()
    rows.share(torch.arange(66.0)[:, None], [(row, str(row)) for row in range(66)])
    later = torch.zeros(2, 1)
    # The oldest are forgotten, as their children have begun long ago.
    rows.share(later, [(1, "2"), (0, "1")])
    assert later.tolist() == [[0], [2]]


def test_the_first_tokens_of_one_request_s_answers_come_from_one_row(
    sampled: EngineSpec, run_in: Run
) -> None:
    # Each prompt takes two steps, and so the children begin in different ones.
    first, second = run_in(ask_a_noisy_model, sampled, [HEDGED, HEDGED], Way())
    for answer in (first, second):
        begun = [choice[0] for choice in answer.logprobs]
        assert begun[0] == begun[1] == begun[2]
        # The greedy one takes the likeliest of just this row.
        assert answer.tokens[0][0] == max(begun[0], key=begun[0].__getitem__)
        goes_on = [choice[1] for choice in answer.logprobs]
        assert goes_on[0] != goes_on[1] != goes_on[2]
    assert first.logprobs[0][0] != second.logprobs[0][0]


def test_else_they_would_come_from_a_row_each(sampled: EngineSpec, run_in: Run) -> None:
    plain: Ask = replace(HEDGED, arguments={})
    (answer,) = run_in(ask_a_noisy_model, sampled, [plain], Way())
    assert answer.logprobs[0][0] != answer.logprobs[1][0]


def test_a_request_cannot_say_that_it_is_the_sibling_of_another(sampled: EngineSpec, run: Run) -> None:
    spying = replace(asking(Filters(1.4), seed=3), arguments={"dragoman_parent": "another's"})
    assert "dragoman_parent is not for requests to give" in run(refusal, sampled, spying)
