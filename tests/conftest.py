"""How two workers share the tests (`scripts/test`): one begins with the real stacks, the other with all the rest."""

from pathlib import Path

import pytest
from hypothesis import settings

_TESTS = Path(__file__).parent
# What starts engines or compiles kernels stays with one worker, or both would do it.
_WHOLE_FOLDERS = tuple(_TESTS / folder for folder in ("gateway/vllm", "kernels"))


def pytest_configure() -> None:
    """Times no example: on a busy machine any may take long. In CI (``CI`` is set) examples are the same each time."""
    settings.register_profile("untimed", settings(), deadline=None)
    settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Names the group of each test: the workers take whole groups, in this order, and the longest must not come last.

    The stack that many tests share lives until its worker ends, so those that start one of their own go before them.
    """
    items.sort(key=_turn)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("stack") is None:
        return 2
    return int("stack" in getattr(item, "fixturenames", ()))


def _group(item: pytest.Item) -> str:
    if item.get_closest_marker("stack"):
        return "stack"
    place = next((folder for folder in _WHOLE_FOLDERS if item.path.is_relative_to(folder)), item.path)
    return str(place.relative_to(_TESTS))
