"""The faults: each breaks something in a site, and, unless the site mends itself, mends it again."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.faults.bad_engine import WAYS
from benchmarks.faults.clock import clock_put, own_clock
from benchmarks.faults.disk import all_on_it, disk_full
from benchmarks.faults.redeploy import gateways_replaced
from benchmarks.faults.site import PACE, Site
from benchmarks.stub_control import set_pace
from benchmarks.stub_pace import Pace

Break = Callable[[Site], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """broken: a context within which the site is broken.

    layout: where it can be broken so: anywhere, only under Ray Serve, or only where the gateway is one process.
    has_own_disk: whether the site's folder is a small disk of its own.
    settings: what the gateway is started with in its environment, given that folder.
    """

    name: str
    broken: Break
    layout: Literal["any", "ray", "one process"] = "any"
    has_own_disk: bool = False
    settings: Callable[[Path], Mapping[str, str]] = lambda _: {}


@asynccontextmanager
async def nothing(_: Site) -> AsyncIterator[None]:
    """The load by itself, to compare with."""
    yield


def kill_for_good(words: str) -> Break:
    """Kills one process of the site whose command has these words; whoever watches it starts another."""

    @asynccontextmanager
    async def broken(site: Site) -> AsyncIterator[None]:
        site.processes(words)[0].kill()
        yield

    return broken


@asynccontextmanager
async def engine_killed(site: Site) -> AsyncIterator[None]:
    """Kills one of the engines, and starts it again on the same port."""
    [victim, *_] = site.engines
    victim.process.kill()
    victim.process.wait()
    try:
        yield
    finally:
        site.start(*victim.server.command)


@asynccontextmanager
async def engine_stopped(site: Site) -> AsyncIterator[None]:
    """SIGSTOP: the engine takes connections, and says nothing."""
    [victim, *_] = site.engines
    victim.process.suspend()
    try:
        yield
    finally:
        victim.process.resume()


@asynccontextmanager
async def engine_slow(site: Site) -> AsyncIterator[None]:
    """One engine takes ten times as long as the other."""
    url = f"http://127.0.0.1:{site.engines[0].server.port}"
    await asyncio.to_thread(set_pace, url, Pace(PACE.first_token_s * 10, PACE.token_s * 10))
    try:
        yield
    finally:
        await asyncio.to_thread(set_pace, url, PACE)


def engine_answers(way: str) -> Break:
    """In place of one of the engines there is one that answers wrongly."""

    @asynccontextmanager
    async def broken(site: Site) -> AsyncIterator[None]:
        async with engine_killed(site):
            port = str(site.engines[0].server.port)
            bad = site.start(
                sys.executable, "-m", "benchmarks.faults.bad_engine", "--port", port, "--way", way
            )
            try:
                yield
            finally:
                bad.kill()
                bad.wait()

    return broken


@asynccontextmanager
async def reloaded(site: Site) -> AsyncIterator[None]:
    """Reads its policy anew twice a second."""

    async def reload() -> None:
        while True:
            site.reload()
            await asyncio.sleep(0.5)

    reloading = asyncio.create_task(reload())
    try:
        yield
    finally:
        reloading.cancel()


@asynccontextmanager
async def clients_idle(site: Site) -> AsyncIterator[None]:
    """A thousand clients connect, and say nothing."""
    port = site.gateway.server.port
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(1000)]
    try:
        yield
    finally:
        for writer in writers:
            writer.transport.abort()


@asynccontextmanager
async def clients_slow(site: Site) -> AsyncIterator[None]:
    """A thousand clients send their request a byte a second."""
    port = site.gateway.server.port
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {site.key}\r\n"
    head += "content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(1000)]

    async def drip() -> None:
        for writer in writers:
            writer.write(head.encode())
        while True:
            await asyncio.sleep(1)
            for writer in writers:
                writer.write(b" ")

    dripping = asyncio.create_task(drip())
    try:
        yield
    finally:
        dripping.cancel()
        for writer in writers:
            writer.transport.abort()


FAULTS = (
    Fault("nothing", nothing),
    Fault("engine: kill -9", engine_killed),
    Fault("engine: hangs (SIGSTOP)", engine_stopped),
    Fault("engine: ten times slower", engine_slow),
    *(Fault(f"engine: {way}", engine_answers(way)) for way in WAYS),
    Fault("policy read anew twice a second", reloaded),
    Fault("1,000 idle clients", clients_idle),
    Fault("1,000 slow clients", clients_slow),
    Fault("disk full", disk_full, has_own_disk=True, settings=all_on_it),
    Fault("clock put a day forward", clock_put(86_400), settings=own_clock),
    Fault("clock put an hour back", clock_put(-3600), settings=own_clock),
    Fault("gateway replica: kill -9", kill_for_good("ServeReplica:gateway"), layout="ray"),
    Fault("gateway replicas replaced by Ray", gateways_replaced, layout="ray"),
    Fault("HAProxy: kill -9", kill_for_good("bin/haproxy"), layout="ray"),
    Fault("Serve controller: kill -9", kill_for_good("ServeController"), layout="ray"),
    Fault("Ray's GCS: kill -9", kill_for_good("gcs_server"), layout="ray"),
    Fault("Ray's raylet: kill -9", kill_for_good("raylet/raylet"), layout="ray"),
)
