"""How two workers share the tests (`scripts/test`): one begins with the real stacks, the other with all the rest."""

from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_STACKS = ("tests/stack/", "tests/deploy/test_ray_cluster.py")
# What starts engines or compiles kernels stays with one worker, or both would do it.
_SHARES = {"the stacks": _STACKS, "the engines": ("tests/gateway/vllm/",), "the kernels": ("tests/kernels/",)}


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the tests in their order, each file to one worker. (xdist's groups do nothing under pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return next((share for share, paths in _SHARES.items() if path.startswith(paths)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    return Shares(config, log)


def pytest_configure() -> None:
    """Times no example: on a busy machine any may take long. In CI (``CI`` is set) examples are the same each time."""
    settings.register_profile("untimed", settings(), deadline=None)
    settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest share must not come last.

    The stack that many tests share lives until its worker ends: those that start one of their own go before them.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if not item.nodeid.startswith(_STACKS):
        return 2
    return int("stack" in getattr(item, "fixturenames", ()))
