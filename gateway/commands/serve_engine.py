"""The gateway in one process under uvicorn, in front of an OpenAI-compatible engine."""

import asyncio

import uvicorn
from pydantic import ValidationError

from gateway.app import build_app
from gateway.commands.invitation import invite
from gateway.logs import write_logs
from gateway.settings import Settings
from routing.detection.detector import load_detector
from routing.engine_settings import HttpEngineSettings
from routing.errors import ConfigError
from routing.policy import Policy


def serve_engine(url: str, key_env: str | None, settings: Settings, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM, then lets requests in flight end. Raises `ConfigError`."""
    try:
        engine = HttpEngineSettings(urls=(url,), api_key_env=key_env)
    except ValidationError as error:
        raise ConfigError(f"--engine {url}: {error.errors()[0]['msg']}") from None
    write_logs()
    app = build_app(settings, Policy(engines={"engine": engine}), load_detector())
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)
    asyncio.run(_serve(uvicorn.Server(config), f"http://{host}:{port}"))


async def _serve(server: uvicorn.Server, url: str) -> None:
    serving = asyncio.create_task(server.serve())
    while not (server.started or serving.done()):  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    if server.started:
        invite(url, "MODEL")
    await serving
