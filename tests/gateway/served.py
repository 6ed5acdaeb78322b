"""The gateway and its scripted engine in a thread of their own, for clients that block: sync ones, and Node."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from anyio.from_thread import start_blocking_portal

from gateway.settings import Settings
from routing.language import Detector
from tests.gateway.conftest import KEY, POLICY, run_gateway
from tests.gateway.engine_answers import answer_all
from tests.gateway.scripted_engine import ScriptedEngine, serve_scripted_engine


@dataclass(frozen=True)
class Served:
    """A gateway that listens at ``url``, and the engine behind it."""

    url: str
    engine: ScriptedEngine


@contextmanager
def served_gateway(detector: Detector) -> Iterator[Served]:
    """Serves until the block ends."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve_scripted_engine()) as engine,
        portal.wrap_async_context_manager(
            run_gateway(POLICY.format(url=engine.url), detector, Settings(api_key=KEY, access_log=False))
        ) as running,
    ):
        answer_all(engine, "नम", "स्ते 👩‍👩‍👧")
        yield Served(running.url, engine)
