"""A node of a Ray cluster ends under load, as a pod of KubeRay's does: does any request fail?

python -m benchmarks.faults.leaving
"""

import asyncio
import logging
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import psutil

from benchmarks.errors import BenchmarkError
from benchmarks.faults.load import Load
from benchmarks.faults.outcome import cost, said
from benchmarks.faults.site import running_engines
from benchmarks.stub_control import set_pace
from benchmarks.stub_pace import Pace
from benchmarks.systems import API_KEY, MODEL
from gateway.ray_serve.environment import cluster_environment
from gateway.ray_serve.processes import adopt_orphans, end_descendants, free_port
from gateway.settings import Settings

_SLOW = Pace(first_token_s=0.5, token_s=1.7)  # answers of 34 s
_STARTS_WITHIN_S = 120.0
_BEFORE_S, _AFTER_S = 10.0, 5.0
_NODE = ("--block", "--disable-usage-stats", "--object-store-memory=100000000")


def node(*arguments: str) -> psutil.Process:
    """Starts one of Ray's nodes; it ends with this process. Raises `BenchmarkError` where there is no `ray`."""
    ray = shutil.which("ray")
    if ray is None:
        raise BenchmarkError("the command `ray` is not on the PATH")
    quiet = subprocess.DEVNULL
    return psutil.Popen([ray, "start", *_NODE, *arguments], stdout=quiet, stderr=quiet)


def three_nodes() -> tuple[psutil.Process, psutil.Process]:
    """A head, which has HAProxy and nothing else, and two nodes for replicas, which are returned."""
    import ray

    port = free_port()
    address = f"127.0.0.1:{port}"
    head = node("--head", f"--port={port}", "--num-cpus=0", "--include-dashboard=false")
    _await(lambda: _listens(port), head)
    ray.init(address, namespace="serve", log_to_driver=False, logging_level=logging.ERROR)
    workers = []
    for _ in range(2):
        there = len(ray.nodes())
        workers.append(node(f"--address={address}", "--num-cpus=2"))
        _await(lambda: len(ray.nodes()) > there, workers[-1])  # noqa: B023 -- called before the next round
    return workers[0], workers[1]


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _await(is_so: Callable[[], bool], process: psutil.Process) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while not is_so():
        if time.monotonic() > deadline or not process.is_running():
            raise BenchmarkError("a node of Ray does not start; on a busy machine Ray gives up after 30 s")
        time.sleep(0.5)


def deploy(policy: Path, port: int) -> None:
    """One gateway replica on one of the two nodes, HAProxy on the head."""
    from ray import serve

    from gateway.ray_serve.gateway_replica import PolicyText, build_gateway

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
    text = PolicyText(text=policy.read_text("utf-8"), source=str(policy))
    settings = Settings(api_key=API_KEY, access_log=False)
    serve.run(build_gateway(settings, text, replicas=1, drain_s=600), name="gateway", route_prefix="/")


async def end_under_load(load: Load, worker: psutil.Process, drain_s: float) -> float:
    """Ends the node while the load goes on; the seconds that took."""
    await load.run(_BEFORE_S)
    began_s = load.now_s
    worker.terminate()
    ending = asyncio.create_task(asyncio.to_thread(worker.wait, 2 * drain_s + 60))
    while not ending.done():
        await load.run(0.5)
    await ending
    took_s = load.now_s - began_s
    await load.run(_AFTER_S)
    await load.finish()
    return took_s


def has_replica(worker: psutil.Process) -> bool:
    """Whether a replica runs on a node."""
    titles = [" ".join(process.cmdline()) for process in worker.children(recursive=True)]
    return any(title.startswith("ray::ServeReplica") for title in titles)


@click.command()
@click.option("--per-s", default=4.0, show_default=True, help="Requests a second.")
@click.option("--drain-s", default=690.0, show_default=True, help="What Ray is told; by itself it takes 30.")
def main(per_s: float, drain_s: float) -> None:
    """Print how the requests ended that were sent before, while and after the node with the gateway left."""
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="f-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with running_engines(folder, timeouts={}) as (engines, policy):
            for engine in engines:
                set_pace(f"http://127.0.0.1:{engine.server.port}", _SLOW)
            os.environ.update(_environment(folder, drain_s))
            try:
                workers = three_nodes()
                port = free_port()
                deploy(policy, port)
                [worker] = [one for one in workers if has_replica(one)]
                load = Load(f"http://127.0.0.1:{port}", API_KEY, MODEL, per_s)
                took_s = asyncio.run(end_under_load(load, worker, drain_s))
            finally:
                end_descendants(10)
    found = cost(load.outcomes, load.now_s)
    click.echo(f"gone after {took_s:.0f} s; {found.count:,} requests: {dict(found.endings)}")
    for told in said(load.outcomes):
        click.echo(f"  {told}", err=True)


def _environment(folder: Path, drain_s: float) -> dict[str, str]:
    haproxy = shutil.which("dragoman-haproxy")
    if haproxy is None:
        raise BenchmarkError("the command `dragoman-haproxy` is not on the PATH")
    ports = (free_port(), free_port(), free_port())
    ours = cluster_environment(folder, Path(haproxy), free_ports=ports, cores=2, open_files=4096)
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}  # as KubeRay does
    return {**ours, **token, "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": str(drain_s)}


if __name__ == "__main__":
    main()
