"""The gateway under a real server on a free port, in front of a scripted engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
import uvicorn

from gateway.app import build_app
from gateway.gateway import Gateway
from gateway.settings import Settings
from routing.detection.detector import load_detector
from routing.language import Detector
from routing.policy_file import parse_policy
from tests.gateway.engine_answers import answer_all
from tests.gateway.scripted_engine import ScriptedEngine, serve_scripted_engine

KEY = "sk-test"

POLICY = """
version: 1
engines:
  scripted:
    kind: http
    urls: ["{url}"]
    timeouts: {{connect_s: 60, first_token_s: 60, total_s: 120}}
"""


@dataclass(frozen=True)
class Running:
    """A gateway that listens, and a client that has its key."""

    url: str
    client: aiohttp.ClientSession
    gateway: Gateway


@pytest.fixture(scope="session")
def detector() -> Detector:
    return load_detector()


@pytest.fixture
async def engine() -> AsyncIterator[ScriptedEngine]:
    async with serve_scripted_engine() as engine:
        yield engine


@pytest.fixture
def answering(engine: ScriptedEngine) -> None:
    """Gives the engine an answer for every endpoint."""
    answer_all(engine, "Tere", "! 你好")


@asynccontextmanager
async def run_gateway(policy: str, detector: Detector, settings: Settings) -> AsyncIterator[Running]:
    """Serves the gateway with uvicorn in this event loop."""
    app = build_app(settings, parse_policy(policy, "test.yaml"), detector)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        yield Running(url, client, app.state.gateway)
    server.should_exit = True
    await serving


@pytest.fixture
async def running(engine: ScriptedEngine, detector: Detector) -> AsyncIterator[Running]:
    settings = Settings(api_key=KEY)
    async with run_gateway(POLICY.format(url=engine.url), detector, settings) as running:
        yield running
