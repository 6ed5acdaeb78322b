"""A gateway that is starved of CPU, and ten times as many requests as it can answer then.

python -m benchmarks.faults.starved --share 0.1
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import click
import psutil

from benchmarks.faults.load import Load
from benchmarks.faults.overload import overload, told
from benchmarks.faults.site import Site, running_site

_PERIOD_S = 0.1  # as a limit on a container's CPU has it
_LOOK_S = 0.005
_MEASURED_S, _MEASURED_PER_S = 10.0, 20.0


def cpu_s(process: psutil.Process) -> float:
    """Seconds that all threads of a process have run."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text("utf-8").split()[0]) for task in tasks) / 1e9


@contextlib.contextmanager
def starved(process: psutil.Process, share: float) -> Iterator[None]:
    """Lets a process run for this share of the time, by stopping it for the rest of each period."""
    over = threading.Event()
    holding = threading.Thread(target=_hold, args=(process, share, over))
    holding.start()
    try:
        yield
    finally:
        over.set()
        holding.join()
        process.resume()


def _hold(process: psutil.Process, share: float, over: threading.Event) -> None:
    left_s, looked_s, used_s = 0.0, monotonic(), cpu_s(process)
    while not over.wait(_LOOK_S):
        now_s, now_used_s = monotonic(), cpu_s(process)
        # What was not used is not saved up for later.
        left_s = min(share * _PERIOD_S, left_s + share * (now_s - looked_s) - (now_used_s - used_s))
        looked_s, used_s = now_s, now_used_s
        process.resume() if left_s > 0 else process.suspend()


async def cpu_of_a_request_s(site: Site, gateway: psutil.Process) -> float:
    """What an answer costs where nothing is short."""
    load = Load(site.url, site.key, site.model, _MEASURED_PER_S)
    await load.run(2.0)
    used_s, begun = cpu_s(gateway), len(load.outcomes)
    await load.run(_MEASURED_S)
    await load.finish()
    return (cpu_s(gateway) - used_s) / (len(load.outcomes) - begun)


@click.command()
@click.option("--share", default=0.1, show_default=True, help="Of a core that the gateway gets.")
def main(share: float) -> None:
    """Print what was answered and refused, and what it cost."""
    with (
        tempfile.TemporaryDirectory(prefix="f-") as folder,
        running_site(Path(folder), with_ray=False, timeouts={}) as site,
    ):
        gateway = site.gateway.process
        request_s = asyncio.run(cpu_of_a_request_s(site, gateway))
        click.echo(f"{request_s * 1e3:.2f} ms of CPU a request, {share:.0%} of a core")
        with starved(gateway, share):
            found = asyncio.run(overload(site, share / request_s))
    click.echo("\n".join(told(found)))


if __name__ == "__main__":
    main()
