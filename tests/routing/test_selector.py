"""Selectors as a policy names them, and what all of them have in common."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from routing.errors import EngineUnavailable
from routing.sample import Sample
from routing.selector import Selector
from tests.routing.selectors.selecting import AnsweringEngine, asked, context_in, samples_of

READ = TypeAdapter[Selector](Selector).validate_python
ALL: list[dict[str, Any]] = [
    {"kind": "vote"},
    {"kind": "vote", "answer": "number"},
    {"kind": "mbr"},
    {"kind": "mbr", "embedder": {"engine": "e"}},
    {"kind": "xmbr"},
    {"kind": "xmbr", "m": 2, "language": "zh", "embedder": {"engine": "e"}},
    {"kind": "chops"},
    {"kind": "likelihood"},
    {"kind": "reward", "scorer": {"engine": "r"}},
    {"kind": "reward", "scorer": {"engine": "r"}, "endpoint": "pooling"},
]
FAILING = AnsweringEngine(lambda _: EngineUnavailable("gone"), lambda _: EngineUnavailable("gone"))
POOLS = [
    samples_of("৪২"),
    samples_of("৪২", "", "42", "বিয়াল্লিশ"),
    samples_of("sí", "yes", "sí", breaking=(1,)),
    samples_of("yes", "no", breaking=(0, 1)),
    samples_of("", ""),
]


@pytest.mark.parametrize("asked_for", ALL, ids=str)
@pytest.mark.parametrize("samples", POOLS)
async def test_every_sample_is_ranked_once_and_those_that_break_the_contract_last(
    asked_for: dict[str, Any], samples: Sequence[Sample]
) -> None:
    ranking = await READ(asked_for)(samples, asked(), FAILING, context_in("es")[0])
    assert sorted(ranking.order) == list(range(len(samples)))
    kept = [samples[place].keeps_contract for place in ranking.order]
    assert kept == sorted(kept, reverse=True)
    assert 0 <= ranking.agreement <= 1


@pytest.mark.parametrize("asked_for", ALL, ids=str)
def test_nothing_but_a_vote_is_decided_before_all_samples_are_there(asked_for: dict[str, Any]) -> None:
    is_decided = READ(asked_for).is_decided
    assert (is_decided is not None) == (asked_for["kind"] == "vote")
    if is_decided is not None:
        assert is_decided(samples_of("はい", "いいえ"), 0)
        assert not is_decided(samples_of("はい", "いいえ"), 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "best"},
        {"kind": "vote", "answer": "poem"},
        {"kind": "mbr", "metric": "bleu"},
        {"kind": "mbr", "embedder": {}},
        {"kind": "xmbr", "m": 0},
        {"kind": "xmbr", "language": "klingonish"},
        {"kind": "reward"},
        {"kind": "reward", "scorer": {"engine": "r"}, "endpoint": "classify"},
        {"kind": "likelihood", "length_exponent": -1},
    ],
    ids=str,
)
def test_what_makes_no_selector_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        READ(wrong)
