from typing import get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from routing.errors import ConfigError
from routing.policy_file import parse_policy
from routing.strategies.attempt import Attempt
from routing.strategies.direct import Direct
from routing.strategies.fuse import Fuse
from routing.strategies.romanize import Romanize
from routing.strategies.route import Route
from routing.strategies.samples import Samples
from routing.strategies.self_translate import SelfTranslate
from routing.strategies.vote_across import VoteAcross
from routing.strategy import Strategy
from routing.strategy_size import answers_drawn

STRATEGIES: TypeAdapter[Strategy] = TypeAdapter(Strategy)


def test_the_kind_tells_strategies_apart() -> None:
    assert STRATEGIES.validate_python({"kind": "direct"}) == Direct()
    assert STRATEGIES.validate_python({"kind": "route", "model": "m"}) == Route(model="m")


@pytest.mark.parametrize("wrong", [{}, {"kind": "dirct"}, {"kind": "direct", "model": "m"}, "direct", None])
def test_what_is_no_strategy_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        STRATEGIES.validate_python(wrong)


@pytest.mark.parametrize("kind", get_args(get_args(Strategy)[0]))
def test_every_strategy_is_frozen_and_names_its_kind(kind: type[BaseModel]) -> None:
    assert kind.model_config.get("frozen") is True
    assert kind.model_config.get("extra") == "forbid"
    assert kind.model_fields["kind"].default


def test_strategies_nest() -> None:
    text = (
        '{"kind": "samples", "n": 2, "inner": {"kind": "romanize", "inner": {"kind": "route", "model": "m"}}}'
    )
    assert STRATEGIES.validate_json(text) == Samples(n=2, inner=Romanize(inner=Route(model="m")))


@pytest.mark.parametrize(
    ("strategy", "drawn"),
    [
        (Direct(), 1),
        (Samples(n=5), 5),
        (Samples(n=16, inner=Samples(n=16)), 256),
        (SelfTranslate(inner=Fuse(n=4)), 4),
        (VoteAcross(pivots=("en", "fr", "ja"), inner=SelfTranslate(inner=Samples(n=2))), 6),
        (Attempt(inner=Samples(n=5), retries=1, otherwise=(Samples(n=2), Direct())), 13),
    ],
)
def test_nested_samples_multiply(strategy: Strategy, drawn: int) -> None:
    assert answers_drawn(strategy) == drawn


def test_a_policy_that_draws_without_measure_is_refused() -> None:
    policy = """
version: 1
engines: {e: {kind: http, urls: ["http://e/v1"]}}
default: {kind: samples, n: 16, inner: {kind: samples, n: 16}}
"""
    with pytest.raises(ConfigError, match=r"p\.yaml:4: default: draws up to 256 answers"):
        parse_policy(policy, "p.yaml")
