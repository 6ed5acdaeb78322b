"""The example policies: each one is right, and together they show everything there is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from routing.policy_file import load_policy
from routing.strategy import Strategy

EXAMPLES = sorted(Path("examples/policies").glob("*.yaml"))
STRATEGIES = get_args(get_args(Strategy)[0])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_policy_without_warnings(path: Path) -> None:
    assert load_policy(path).warnings == ()


@pytest.mark.parametrize("kind", STRATEGIES, ids=lambda kind: kind.__name__)
def test_every_strategy_has_an_example(kind: type[BaseModel]) -> None:
    assert any(isinstance(used, kind) for path in EXAMPLES for used in _strategies(path))


def _strategies(path: Path) -> Iterator[Any]:
    """All strategies of a policy, those within others too."""
    policy = load_policy(path)
    waiting: list[Any] = [policy.default, *(rule.strategy for rule in policy.rules)]
    while waiting:
        strategy = waiting.pop()
        yield strategy
        waiting += [getattr(strategy, "inner", None), *getattr(strategy, "otherwise", ())]
        waiting = [each for each in waiting if each is not None]
