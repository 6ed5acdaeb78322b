"""One real stack for all tests that need one: it takes the better part of a minute to start."""

import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from tests.stack.running_stack import RunningStack, started_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The demo: the embedded model on one vLLM replica, behind two gateway replicas."""
    policy_path = tmp_path_factory.mktemp("stack") / "policy.yaml"
    shutil.copy(Path(str(resources.files("gateway") / "default_policy.yaml")), policy_path)
    with started_stack(policy_path, "--replicas", "2") as stack:
        yield stack
