"""Breaks a running site in every way of `faults.py`, one after the other, under load.

python -m benchmarks.faults --with-ray
"""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from benchmarks.faults.disk import small_disk
from benchmarks.faults.faults import FAULTS, Fault
from benchmarks.faults.load import Load
from benchmarks.faults.outcome import Cost, Ending, cost, said
from benchmarks.faults.site import Site, running_site

_BEFORE_S, _BROKEN_S = 3.0, 8.0


async def put(fault: Fault, site: Site, per_s: float, after_s: float) -> tuple[Cost, Load]:
    """One fault under load, from three seconds before it on."""
    load = Load(site.url, site.key, site.model, per_s)
    await load.run(_BEFORE_S)
    async with fault.broken(site):
        await load.run(_BROKEN_S)
        healed_s = load.now_s
    await load.run(after_s)
    await load.finish()
    return cost(load.outcomes, healed_s), load


def line(fault: Fault, found: Cost) -> str:
    """A row of the table."""
    endings = " | ".join(f"{found.endings[ending]:,}" for ending in Ending)
    back = f"{found.back_s:.1f}" if found.endings[Ending.ANSWERED] < found.count else "–"
    return f"| {fault.name} | {found.count:,} | {endings} | {back} | {found.slowest_s:.1f} |"


@click.command()
@click.option("--with-ray", is_flag=True, help="Under Ray Serve with two gateway replicas; else one process.")
@click.option("--only", default="", help="Faults whose names have these words.")
@click.option("--per-s", default=60.0, show_default=True, help="Requests a second.")
@click.option("--after-s", default=12.0, show_default=True, help="How long to go on when a fault is over.")
def main(with_ray: bool, only: str, per_s: float, after_s: float) -> None:
    """Print a table: how the requests ended that were sent before, during and after each fault."""
    click.echo(f"| fault | requests | {' | '.join(Ending)} | s to recover | slowest s |")
    click.echo("|---" * (len(Ending) + 4) + "|")
    for fault in FAULTS:
        if only not in fault.name or fault.layout not in ("any", "ray" if with_ray else "one process"):
            continue
        with (
            tempfile.TemporaryDirectory(prefix="f-", ignore_cleanup_errors=True) as name,
            ExitStack() as stack,
        ):
            folder = Path(name)
            if fault.has_own_disk:
                stack.enter_context(small_disk(folder))
            settings = fault.settings(folder)
            site = stack.enter_context(running_site(folder, with_ray=with_ray, settings=settings))
            found, load = asyncio.run(put(fault, site, per_s, after_s))
        click.echo(line(fault, found))
        for told in said(load.outcomes):
            click.echo(f"  {fault.name}: {told}", err=True)


if __name__ == "__main__":
    main()
