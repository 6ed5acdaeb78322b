"""The examples can be put in force as they are, one for each strategy that there is."""

from pathlib import Path
from typing import get_args

import pytest

from routing.policy_file import load_policy
from routing.strategy import Strategy

EXAMPLES = sorted(Path("examples/policies").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_right(path: Path) -> None:
    assert load_policy(path).warnings == ()


def test_every_strategy_stands_in_an_example() -> None:
    written = "".join(path.read_text() for path in EXAMPLES)
    kinds = [kind.model_fields["kind"].default for kind in get_args(get_args(Strategy)[0])]
    assert [kind for kind in kinds if f"kind: {kind}" not in written] == []
