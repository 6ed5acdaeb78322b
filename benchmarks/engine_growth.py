"""How throughput grows with engines: one gateway in front of one, two, four and more stub engines.

python -m benchmarks.engine_growth --help
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.errors import BenchmarkError
from benchmarks.process import RunningServer, Server, running
from benchmarks.prompts import write_bodies
from benchmarks.stub_control import answers_begun, set_pace
from benchmarks.stub_pace import Pace
from benchmarks.systems import API_KEY, MODEL, own_gateway, stub_engine
from benchmarks.unary_load import UnaryLoad, UnaryTimes, run_unary_load

SLOTS = 8
"""How many requests each engine is given at once."""

TOKENS = 16
PACE = Pace(first_token_s=0.04, token_s=0.004)
"""An answer takes 0.1 s, so an engine with all its slots taken gives 80 a second."""

ENGINE_PER_S = SLOTS / (PACE.first_token_s + PACE.token_s * (TOKENS - 1))


@dataclass(frozen=True, slots=True)
class Growth:
    """What one gateway did in front of so many engines, with as many clients as they have slots.

    gateway_cores: how many cores its processes used.
    busiest: the share of the requests that the engine with the most of them got, times the number of engines;
        1 is even.
    """

    engines: int
    times: UnaryTimes
    gateway_cores: float
    busiest: float

    @property
    def of_possible(self) -> float:
        """Answers a second over those of engines that never wait."""
        return self.times.requests_per_s / (self.engines * ENGINE_PER_S)


def measure(engines: int, seconds: int) -> Growth:
    """Starts everything, loads it, and stops it. Raises `BenchmarkError` where a request fails."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="growth-")))
        stubs = [stub_engine(f"stub {number}") for number in range(engines)]
        for stub in stubs:
            stack.enter_context(running(stub, scratch))
        gateway = stack.enter_context(running(_gateway(stubs, scratch), scratch))
        urls = [f"http://127.0.0.1:{stub.port}" for stub in stubs]
        for url in urls:
            set_pace(url, PACE)
        return _load(gateway, urls, UnaryLoad(write_bodies(scratch, MODEL, TOKENS), engines * SLOTS, seconds))


def _gateway(stubs: Sequence[Server], scratch: Path) -> Server:
    engine = {
        "kind": "http",
        "urls": [f"http://127.0.0.1:{stub.port}/v1" for stub in stubs],
        "models": [MODEL],
        "max_inflight": len(stubs) * SLOTS,
    }
    policy = scratch / "policy.yaml"
    policy.write_text(
        json.dumps({"version": 1, "engines": {"engine": engine}}), encoding="utf-8"
    )  # JSON is YAML
    return own_gateway("gateway", "--config", str(policy), "--without-ray")


def _load(gateway: RunningServer, engines: Sequence[str], load: UnaryLoad) -> Growth:
    warm_up = UnaryLoad(load.bodies, load.clients, 1)
    run_unary_load(warm_up, gateway.server.chat_url, API_KEY)
    begun = [answers_begun(url) for url in engines]
    before_s = gateway.cpu_s()
    times = run_unary_load(load, gateway.server.chat_url, API_KEY)
    cores = (gateway.cpu_s() - before_s) / times.duration_s
    given = [answers_begun(url) - before for url, before in zip(engines, begun, strict=True)]
    return Growth(len(engines), times, cores, max(given) * len(engines) / sum(given))


@click.command()
@click.option(
    "--engines", multiple=True, type=click.IntRange(1, 64), default=(1, 2, 4, 8, 16, 32), show_default=True
)
@click.option("--seconds", default=5, show_default=True, help="How long each is loaded.")
def main(engines: Sequence[int], seconds: int) -> None:
    """Measure how many answers a second come through one gateway process as engines are added.

    Each stub engine takes 8 requests at once and 0.1 s for each, so it gives 80 answers a second at most; there are
    as many clients as slots. The column "of possible" falls below 1 where the gateway becomes what all wait for.
    Needs wrk. Traffic goes to 127.0.0.1 alone.
    """
    click.echo(
        "| engines | answers/s | of possible | p50 ms | p99 ms | gateway's cores | busiest engine, × even share |"
    )
    click.echo("|---|---|---|---|---|---|---|")
    for count in engines:
        try:
            click.echo(row(measure(count, seconds)))
        except BenchmarkError as error:
            sys.exit(str(error))


def row(growth: Growth) -> str:
    """A line of the table."""
    times = growth.times
    return (
        f"| {growth.engines} | {times.requests_per_s:.0f} | {growth.of_possible:.2f} | {times.p50_ms:.0f} | "
        f"{times.p99_ms:.0f} | {growth.gateway_cores:.2f} | {growth.busiest:.2f} |"
    )


if __name__ == "__main__":
    main()
