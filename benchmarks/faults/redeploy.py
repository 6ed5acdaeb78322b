"""Replaces a site's gateway replicas as Ray Serve does for a change that they cannot take while they run.

A second driver joins the cluster and deploys the gateway anew, as another version of the code.
"""

import asyncio
import logging
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from benchmarks.errors import BenchmarkError
from benchmarks.faults.site import Site

_REPLICAS = 2
_DRAIN_S = 20.0


@asynccontextmanager
async def gateways_replaced(site: Site) -> AsyncIterator[None]:
    """Every gateway replica is replaced while the load goes on; the fault ends no sooner than that is done."""
    old = site.processes("ServeReplica:gateway")
    command = (
        sys.executable,
        "-m",
        "benchmarks.faults.redeploy",
        _address(site),
        str(site.folder / "policy.yaml"),
    )
    environment = old[0].environ()  # Ray's variables, and the gateway's own
    deploying = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield
    finally:
        if await deploying.wait():
            raise BenchmarkError("the gateway could not be deployed again")
    left = [process.pid for process in old if process.is_running()]
    if left:
        raise BenchmarkError(f"replicas that were to be replaced still run: {left}")


def _address(site: Site) -> str:
    [raylet, *_] = site.processes("raylet/raylet")
    found = re.search(r"--gcs-address=(\S+)", " ".join(raylet.cmdline()))
    if found is None:
        raise BenchmarkError("Ray's raylet does not name its cluster")
    return found[1]


@click.command()
@click.argument("address")
@click.argument("policy", type=click.Path(path_type=Path))
def main(address: str, policy: Path) -> None:
    """Deploy the gateway anew on the cluster at this address; returns when the old replicas are gone."""
    import ray
    from ray import serve

    from gateway.environment import read_settings
    from gateway.ray_serve import gateway_replica

    gateway_replica._CODE_VERSION = "2"  # to Ray another version is other code, which wants other processes
    ray.init(address, namespace="serve", log_to_driver=False, logging_level=logging.ERROR)
    text = gateway_replica.PolicyText(text=policy.read_text("utf-8"), source=str(policy))
    application = gateway_replica.build_gateway(
        read_settings(os.environ), text, replicas=_REPLICAS, drain_s=_DRAIN_S
    )
    serve.run(application, name="gateway", route_prefix="/")


if __name__ == "__main__":
    main()
