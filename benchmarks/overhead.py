"""What each system in front of an engine costs: the same load on all of them, in turns, on this machine.

python -m benchmarks.overhead --help
"""

import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import psutil

from benchmarks.errors import BenchmarkError
from benchmarks.overhead_measurement import (
    ANSWER_TOKENS,
    QUICK,
    Bench,
    Durations,
    Measurement,
    Subject,
    measure,
    warm_up,
)
from benchmarks.overhead_report import Result, Run, now, print_table, write
from benchmarks.process import RunningServer, Server, running
from benchmarks.prompts import write_bodies
from benchmarks.same_answer import check_same_answer
from benchmarks.systems import GATEWAYS, MODEL, Installation, gateway, stub_engine

_SETTLE_S = 2.0


def run(names: Sequence[str], installation: Installation, rounds: int, durations: Durations) -> Run:
    """Starts the stub and the systems of these names, measures all in turns, and stops them.

    Raises `BenchmarkError` where one does not start, or does not answer as the engine does.
    """
    began = now()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overhead-")))
        engine = stub_engine()
        started = [_start(stack, engine, scratch)]
        started += [_start(stack, gateway(name, engine, installation, scratch), scratch) for name in names]
        bench = Bench(
            f"http://127.0.0.1:{engine.port}", write_bodies(scratch, MODEL, ANSWER_TOKENS), durations
        )
        subjects, busy_cores = _watch_idle(started)
        results = _measure_in_turns(bench, subjects, rounds)
    return Run(began, shlex.join(["python", "-m", "benchmarks.overhead", *sys.argv[1:]]), busy_cores, results)


def _start(stack: ExitStack, server: Server, scratch: Path) -> RunningServer:
    _say(f"starting {server.name} {server.version}")
    started = stack.enter_context(running(server, scratch))
    check_same_answer(server)
    return started


def _watch_idle(started: Sequence[RunningServer]) -> tuple[list[Subject], float]:
    before_s = [one.cpu_s() for one in started]
    busy_share = psutil.cpu_percent(interval=_SETTLE_S) / 100
    used_s = [one.cpu_s() - cpu_s for one, cpu_s in zip(started, before_s, strict=True)]
    subjects = [Subject(one, cpu_s / _SETTLE_S) for one, cpu_s in zip(started, used_s, strict=True)]
    return subjects, busy_share * (psutil.cpu_count() or 1)


def _measure_in_turns(bench: Bench, subjects: list[Subject], rounds: int) -> tuple[Result, ...]:
    for subject in subjects:
        _say(f"warming up {subject.running.server.name}")
        warm_up(bench, subject)
    found: dict[str, list[Measurement]] = {subject.running.server.name: [] for subject in subjects}
    for number in range(rounds):
        shift = number % len(subjects)  # nobody is always first, or always after the same neighbour's load
        for subject in subjects[shift:] + subjects[:shift]:
            name = subject.running.server.name
            _say(f"round {number + 1} of {rounds}: {name}")
            found[name].append(measure(bench, subject))
    return tuple(_result(subject, found[subject.running.server.name]) for subject in subjects)


def _result(subject: Subject, rounds: Sequence[Measurement]) -> Result:
    server = subject.running.server
    return Result(server.name, server.version, subject.idle_cores, tuple(rounds))


def _say(line: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


def _names(only: str | None, installation: Installation) -> list[str]:
    if only is None:
        return [name for name in GATEWAYS if installation.has(name)]
    names = [name for name in only.split(",") if name != "stub"]
    for name in names:
        if name not in GATEWAYS:
            raise click.BadParameter(f"{name!r} is none of {', '.join(GATEWAYS)}", param_hint="--only")
        if not installation.has(name):
            raise click.BadParameter(f"{name} is not installed", param_hint="--only")
    return names


@click.command()
@click.option("--only", help=f"Systems to measure beside the stub, with commas: {', '.join(GATEWAYS)}.")
@click.option("--rounds", default=5, show_default=True, help="How often each system is measured.")
@click.option("--quick", is_flag=True, help="One short round: shows that it works, measures nothing well.")
@click.option(
    "--litellm-venv", type=click.Path(path_type=Path, exists=True), help="Where LiteLLM is installed."
)
@click.option(
    "--vllm-router-venv", type=click.Path(path_type=Path, exists=True), help="Where vllm-router is installed."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for overhead.json and overhead.md.")
def main(
    only: str | None,
    rounds: int,
    quick: bool,
    litellm_venv: Path | None,
    vllm_router_venv: Path | None,
    out: Path | None,
) -> None:
    """Compare what gateways add to an engine: latency, throughput, time per streamed chunk.

    All systems stand in front of the same stub engine and get the same prompts, in 28 languages, from the
    same clients; they are measured in turns and the medians printed. Without --only every system is measured
    that is installed: the gateway under uvicorn and under Ray Serve, LiteLLM's proxy and vllm-router (found
    on PATH or where the options say). About ten seconds a system and round, after the starts. Needs wrk.
    Traffic goes to 127.0.0.1 alone; everything that was started is stopped. README.md explains the method.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    installation = Installation(litellm_venv, vllm_router_venv)
    try:
        done = run(
            _names(only, installation),
            installation,
            1 if quick else rounds,
            QUICK if quick else Durations(),
        )
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    print_table(done)
    if out is not None:
        write(done, out)


if __name__ == "__main__":
    main()
