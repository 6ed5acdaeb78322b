"""The gateway for clients that block, started once for all of them."""

from collections.abc import Iterator

import pytest

from routing.detection.detector import load_detector
from tests.gateway.engine_answers import answer_all
from tests.gateway.served import Served, served_gateway


@pytest.fixture(scope="session")
def running() -> Iterator[Served]:
    with served_gateway(load_detector()) as served:
        yield served


@pytest.fixture
def served(running: Served) -> Served:
    """As it was at the beginning: every test says anew what the engine answers."""
    running.engine.status = 200
    running.engine.requests.clear()
    running.engine.headers.clear()
    answer_all(running.engine, "नम", "स्ते 👩‍👩‍👧")
    return running
