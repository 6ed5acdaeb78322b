"""Ten times what a site can do, for a minute: what is refused, how memory fares, and when it is over.

python -m benchmarks.faults.overload
"""

import asyncio
import tempfile
from pathlib import Path

import click

from benchmarks.faults.load import TOKENS, Load
from benchmarks.faults.outcome import Ending, Outcome, cost
from benchmarks.faults.site import PACE, Site, running_site

SLOTS, WAITING, MAX_WAIT_S = 8, 16, 2.0
CAPACITY_PER_S = SLOTS / (PACE.first_token_s + PACE.token_s * TOKENS)
BEFORE_S, OVERLOAD_S, AFTER_S = 5.0, 60.0, 15.0


async def overload(site: Site) -> tuple[Load, float, list[float]]:
    """The requests at half the capacity, at ten times it, and at half again; and memory, sampled each second."""
    load = Load(site.url, site.key, site.model, CAPACITY_PER_S / 2)
    memory_mb: list[float] = []

    async def sample() -> None:
        while True:
            memory_mb.append(site.memory_mb())
            await asyncio.sleep(1)

    sampling = asyncio.create_task(sample())
    await load.run(BEFORE_S)
    await load.at(CAPACITY_PER_S * 10).run(OVERLOAD_S)
    over_s = load.now_s
    await load.at(CAPACITY_PER_S / 2).run(AFTER_S)
    await load.finish()
    sampling.cancel()
    return load, over_s, memory_mb


def percentile(outcomes: list[Outcome], share: float) -> float:
    """Of the times that answers took, in seconds."""
    times = sorted(one.took_s for one in outcomes)
    return times[int(share * (len(times) - 1))]


@click.command()
def main() -> None:
    """Print what was answered and refused, and what it cost."""
    settings = {
        "DRAGOMAN_QUEUE__MAX_INFLIGHT": str(SLOTS),
        "DRAGOMAN_QUEUE__MAX_WAITING": str(WAITING),
        "DRAGOMAN_QUEUE__MAX_WAIT_S": str(MAX_WAIT_S),
    }
    with tempfile.TemporaryDirectory(prefix="f-") as folder:
        with running_site(Path(folder), with_ray=False, settings=settings) as site:
            load, over_s, memory_mb = asyncio.run(overload(site))
    found = cost(load.outcomes, over_s)
    during = [one for one in load.outcomes if BEFORE_S <= one.begun_s < over_s]
    answered = [one for one in during if one.ending == Ending.ANSWERED]
    refused = [one for one in during if one.ending == Ending.REFUSED]
    click.echo(
        f"capacity {CAPACITY_PER_S:.1f}/s, asked {len(during) / OVERLOAD_S:.0f}/s for {OVERLOAD_S:.0f} s"
    )
    click.echo(f"answered {len(answered) / OVERLOAD_S:.1f}/s, half in {percentile(answered, 0.5):.2f} s")
    click.echo(
        f"99% of answers in {percentile(answered, 0.99):.2f} s, of refusals in {percentile(refused, 0.99):.2f} s"
    )
    click.echo(f"all endings: {dict(found.endings)}")
    click.echo(f"answers again {found.back_s:.1f} s after the overload")
    click.echo(
        f"memory {memory_mb[0]:.0f} MB before, at most {max(memory_mb):.0f}, {memory_mb[-1]:.0f} after"
    )


if __name__ == "__main__":
    main()
