"""The gateway in one process under uvicorn, without Ray: its engines run elsewhere."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI

from gateway.app import build_app
from gateway.commands.accepting import AcceptingServer, listener_on
from gateway.commands.invitation import invite
from gateway.gateway import InForce
from gateway.logs import write_logs
from gateway.one_write import OneWriteProtocol
from gateway.settings import Settings
from routing.detection.detector import load_detector
from routing.engine_settings import LocalEngineSettings
from routing.errors import ConfigError
from routing.policy import Policy

# Longer than load balancers keep an idle connection (60 s and less): a request must not meet its closing. At
# uvicorn's 5 s, one of 19,523 requests did.
_KEEP_ALIVE_S = 75

_log = logging.getLogger("dragoman")

ReadPolicy = Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as clients write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def serve_process(read_policy: ReadPolicy, settings: Settings, address: Address, new_key: str) -> None:
    """Serves until SIGINT or SIGTERM, then lets requests in flight end; SIGHUP reads the policy again.

    new_key: the key that was made for this start, to be shown once it serves; empty where there were keys. Raises
    `ConfigError` where the first policy is wrong or the address cannot be had. A later policy that is wrong leaves the
    old one in force.
    """
    policy = _without_local_engines(read_policy())
    with contextlib.closing(listener_on(address.host, address.port)) as listener:
        app = build_app(settings, policy, load_detector(settings.detector_path))
        write_logs()
        config = _config(app)
        server = AcceptingServer(config, listener)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(server, app, read_policy, partial(invite, address.url, new_key)))


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        http=OneWriteProtocol,
        proxy_headers=False,  # nothing here looks at the client's address
    )


async def _serve(
    server: uvicorn.Server, app: FastAPI, read_policy: ReadPolicy, invite_to: Callable[[str], None]
) -> None:
    serving = asyncio.create_task(server.serve())
    while not (server.started or serving.done()):  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    if server.started:
        # What was loaded stays; looking through it at every collection took p99 at 16 clients from 12 to 31 ms.
        gc.collect()
        gc.freeze()
        hangups = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hangups.set)
        reloading = asyncio.create_task(_reload_at(hangups, app, read_policy))
        invite_to(await _a_model(app.state.gateway.in_force))
        await serving
        reloading.cancel()
    await serving


async def _reload_at(hangups: asyncio.Event, app: FastAPI, read_policy: ReadPolicy) -> None:
    while True:
        await hangups.wait()
        hangups.clear()
        try:
            policy = _without_local_engines(await asyncio.to_thread(read_policy))
            app.state.gateway.replace_policy(policy)
        except ConfigError as error:
            app.state.gateway.metrics.reloads.labels("refused").inc()
            _log.error("the old policy stays in force:\n%s", error.message)
        else:
            app.state.gateway.metrics.reloads.labels("applied").inc()
            _log.info("the new policy is in force")


def _without_local_engines(policy: Policy) -> Policy:
    local = [name for name, engine in policy.engines.items() if isinstance(engine, LocalEngineSettings)]
    if local:
        raise ConfigError(f"engines.{local[0]}: a local engine needs Ray; leave out --without-ray.")
    return policy


async def _a_model(in_force: InForce) -> str:
    return next((str(model["id"]) for model in await in_force.pool.models()), "MODEL")
