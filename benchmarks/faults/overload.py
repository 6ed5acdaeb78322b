"""Ten times what a site can do, for a minute: what is refused, how memory fares, and when it is over.

python -m benchmarks.faults.overload
"""

import asyncio
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.faults.load import TOKENS, Load
from benchmarks.faults.outcome import Ending, Outcome, cost, said
from benchmarks.faults.site import PACE, Site, running_site

SLOTS, WAITING, MAX_WAIT_S = 8, 16, 2.0
CAPACITY_PER_S = SLOTS / (PACE.first_token_s + PACE.token_s * TOKENS)
BEFORE_S, OVERLOAD_S, AFTER_S = 5.0, 60.0, 15.0


@dataclass(frozen=True, slots=True)
class Overload:
    """What became of the requests. over_s: when there were too many no more, on the load's clock.

    memory_mb: of the gateway's processes, sampled each second.
    """

    load: Load
    capacity_per_s: float
    over_s: float
    memory_mb: list[float]


async def overload(site: Site, capacity_per_s: float) -> Overload:
    """Requests at half the capacity, at ten times it, and at half again."""
    load = Load(site.url, site.key, site.model, capacity_per_s / 2)
    memory_mb: list[float] = []

    async def sample() -> None:
        while True:
            memory_mb.append(site.memory_mb())
            await asyncio.sleep(1)

    sampling = asyncio.create_task(sample())
    await load.run(BEFORE_S)
    await load.at(capacity_per_s * 10).run(OVERLOAD_S)
    over_s = load.now_s
    await load.at(capacity_per_s / 2).run(AFTER_S)
    await load.finish()
    sampling.cancel()
    return Overload(load, capacity_per_s, over_s, memory_mb)


def percentile(outcomes: list[Outcome], share: float) -> float:
    """Of the times that they took, in seconds; not a number where there were none."""
    times = sorted(one.took_s for one in outcomes)
    return times[int(share * (len(times) - 1))] if times else math.nan


def told(found: Overload) -> list[str]:
    """What was answered and refused, and what it cost, in lines."""
    outcomes = found.load.outcomes
    all_of_it = cost(outcomes, found.over_s)
    during = [one for one in outcomes if BEFORE_S <= one.begun_s < found.over_s]
    answered = [one for one in during if one.ending == Ending.ANSWERED]
    refused = [one for one in during if one.ending == Ending.REFUSED]
    asked_per_s, answered_per_s = len(during) / OVERLOAD_S, len(answered) / OVERLOAD_S
    first, most, last = found.memory_mb[0], max(found.memory_mb), found.memory_mb[-1]
    return [
        f"capacity {found.capacity_per_s:.1f}/s, asked {asked_per_s:.0f}/s for {OVERLOAD_S:.0f} s",
        f"answered {answered_per_s:.1f}/s, half in {percentile(answered, 0.5):.2f} s",
        f"99% of answers in {percentile(answered, 0.99):.2f} s, of refusals in {percentile(refused, 0.99):.2f} s",
        f"all endings: {dict(all_of_it.endings)}, the slowest after {all_of_it.slowest_s:.1f} s",
        f"answers again {all_of_it.back_s:.1f} s after the overload",
        f"memory {first:.0f} MB before, at most {most:.0f}, {last:.0f} after",
        *said(outcomes),
    ]


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
            found = asyncio.run(overload(site, CAPACITY_PER_S))
    click.echo("\n".join(told(found)))


if __name__ == "__main__":
    main()
