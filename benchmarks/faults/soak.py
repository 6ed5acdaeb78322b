"""A day's requests without a break: does memory grow, or the number of open files?

python -m benchmarks.faults.soak --requests 86400 --per-s 300
"""

import asyncio
import tempfile
from pathlib import Path

import click

from benchmarks.faults.load import Load
from benchmarks.faults.outcome import cost, said
from benchmarks.faults.site import Site, running_site

TENTHS = 10

# Hidden calls, a chosen answer and a judged one in each request. The stub says the same whatever it is asked.
_STRATEGY = {
    "contract": {"level": "flag"},
    "default": {
        "kind": "attempt",
        "seconds": 15,
        "inner": {"kind": "samples", "n": 2, "inner": {"kind": "direct"}, "selector": {"kind": "mbr"}},
        "otherwise": [{"kind": "direct"}],
    },
}


async def soak(site: Site, count: int, per_s: float) -> None:
    """Prints memory, open files and the slowest request of each tenth."""
    load = Load(site.url, site.key, site.model, per_s)
    click.echo(
        "| requests | memory MB | of all processes MB | open files | slowest s |\n|---|---|---|---|---|"
    )
    seen = 0
    for _ in range(TENTHS):
        await load.run(count / per_s / TENTHS)
        slowest_s = max(one.took_s for one in load.outcomes[seen:])
        seen = len(load.outcomes)
        memory = f"{site.memory_mb():.1f} | {site.whole_memory_mb():.0f}"
        click.echo(f"| {seen:,} | {memory} | {site.open_files()} | {slowest_s:.2f} |")
    await load.finish()
    found = cost(load.outcomes, load.now_s)
    click.echo(f"\n{found.count:,} requests: {dict(found.endings)}")
    for line in said(load.outcomes):
        click.echo(f"  {line}")


@click.command()
@click.option("--requests", "count", default=86_400, show_default=True, help="A day of one a second.")
@click.option("--per-s", default=300.0, show_default=True)
@click.option("--with-ray", is_flag=True)
@click.option("--with-strategy", is_flag=True, help="Two samples, one of them chosen, and a contract.")
def main(count: int, per_s: float, with_ray: bool, with_strategy: bool) -> None:
    """Print how memory and open files went, and how the requests ended."""
    with tempfile.TemporaryDirectory(prefix="f-") as folder:
        rules = _STRATEGY if with_strategy else {}
        with running_site(Path(folder), with_ray=with_ray, rules=rules, timeouts={}) as site:
            asyncio.run(soak(site, count, per_s))


if __name__ == "__main__":
    main()
