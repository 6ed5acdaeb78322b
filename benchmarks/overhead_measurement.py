"""One round of loads on one system, and the medians over rounds."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import uvloop

from benchmarks.errors import BenchmarkError
from benchmarks.process import RunningServer
from benchmarks.prompts import chat_requests
from benchmarks.stream_load import StreamLoad, StreamTotals, run_stream_load
from benchmarks.stub_control import set_pace, wait_until_idle
from benchmarks.stub_pace import Pace
from benchmarks.systems import API_KEY, MODEL
from benchmarks.unary_load import UnaryLoad, UnaryTimes, run_unary_load

CLIENTS = 16
ANSWER_TOKENS = 16
STREAM_TOKENS = 1000
FIRST_CHUNK_TOKENS = 8
PACE = Pace(token_s=0.005)
"""16 streams of 200 chunks a second: slow enough that chunks come one by one, as an engine's do."""


_SETTLE_S = 60.0
_SETTLED_CORES = 0.2
_WATCH_S = 0.2


@dataclass(frozen=True, slots=True)
class Durations:
    """How long each load runs, in seconds; wrk takes whole ones."""

    unary_s: int = 2
    stream_s: float = 2.0


QUICK = Durations(unary_s=1, stream_s=0.5)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of one system; README.md defines each.

    first_chunk_1_ms: median time to the first chunk with one client.
    chunk_us: wall time per chunk, 16 streams at full speed.
    request_cpu_us, paced_chunk_cpu_us: CPU time of all the system's processes, less what they use when idle.
    """

    p50_1_ms: float
    p99_1_ms: float
    p50_16_ms: float
    p99_16_ms: float
    requests_per_s: float
    request_cpu_us: float
    first_chunk_1_ms: float
    chunk_us: float
    paced_chunk_cpu_us: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements of a run share.

    engine_url: the stub's address without a path.
    bodies: file of the unary requests, a line each.
    """

    engine_url: str
    bodies: Path
    durations: Durations


@dataclass(frozen=True, slots=True)
class Subject:
    """A running system and the CPU time it uses when nothing is asked of it, in cores."""

    running: RunningServer
    idle_cores: float

    @property
    def url(self) -> str:
        """Where the loads go."""
        return self.running.server.chat_url


def measure(bench: Bench, subject: Subject) -> Measurement:
    """One round: every load once, the engine idle before each. Raises `BenchmarkError`."""
    one = _unary(bench, subject, clients=1)
    _settle(bench, subject)
    cpu_s = subject.running.cpu_s()
    many = _unary(bench, subject, clients=CLIENTS)
    cpu_s = subject.running.cpu_s() - cpu_s - subject.idle_cores * many.duration_s
    return Measurement(
        p50_1_ms=one.p50_ms,
        p99_1_ms=one.p99_ms,
        p50_16_ms=many.p50_ms,
        p99_16_ms=many.p99_ms,
        requests_per_s=many.requests_per_s,
        request_cpu_us=cpu_s / many.requests * 1e6,
        first_chunk_1_ms=_first_chunk_ms(bench, subject),
        chunk_us=_stream(bench, subject, tokens=STREAM_TOKENS, clients=CLIENTS).chunk_us,
        paced_chunk_cpu_us=_paced_chunk_cpu_us(bench, subject),
    )


def median(rounds: Sequence[Measurement]) -> Measurement:
    """The median of each figure by itself."""
    names = [field.name for field in fields(Measurement)]
    return Measurement(**{name: statistics.median(getattr(one, name) for one in rounds) for name in names})


def warm_up(bench: Bench, subject: Subject) -> None:
    """A second of each kind of load, so that connections stand and caches are full."""
    short = replace(bench, durations=QUICK)
    _unary(short, subject, clients=CLIENTS)
    _stream(short, subject, tokens=STREAM_TOKENS, clients=CLIENTS)


def _settle(bench: Bench, subject: Subject) -> None:
    """Waits until the last load has left nothing behind: neither in the engine, nor in the system itself.

    LiteLLM, for one, goes on for seconds with chunks whose client has left.
    """
    wait_until_idle(bench.engine_url)
    deadline_s = time.monotonic() + _SETTLE_S
    while _busy_cores(subject.running) > subject.idle_cores + _SETTLED_CORES:
        if time.monotonic() > deadline_s:
            raise BenchmarkError(
                f"{subject.running.server.name} was still busy {_SETTLE_S:.0f} s after its load"
            )


def _busy_cores(running: RunningServer) -> float:
    cpu_s = running.cpu_s()
    time.sleep(_WATCH_S)
    return (running.cpu_s() - cpu_s) / _WATCH_S


def _unary(bench: Bench, subject: Subject, *, clients: int) -> UnaryTimes:
    _settle(bench, subject)
    return run_unary_load(UnaryLoad(bench.bodies, clients, bench.durations.unary_s), subject.url, API_KEY)


def _stream(bench: Bench, subject: Subject, *, tokens: int, clients: int) -> StreamTotals:
    _settle(bench, subject)
    bodies = chat_requests(MODEL, tokens, stream=True)
    load = StreamLoad(bodies, clients, bench.durations.stream_s, least_chunks=tokens)
    return uvloop.run(run_stream_load(load, subject.url, API_KEY))


def _first_chunk_ms(bench: Bench, subject: Subject) -> float:
    answers = _stream(bench, subject, tokens=FIRST_CHUNK_TOKENS, clients=1).answers
    return statistics.median(answer.first_chunk_s for answer in answers) * 1e3


def _paced_chunk_cpu_us(bench: Bench, subject: Subject) -> float:
    set_pace(bench.engine_url, PACE)
    _settle(bench, subject)
    cpu_s = subject.running.cpu_s()
    totals = _stream(bench, subject, tokens=STREAM_TOKENS, clients=CLIENTS)
    cpu_s = subject.running.cpu_s() - cpu_s - subject.idle_cores * totals.duration_s
    set_pace(bench.engine_url, Pace())
    return cpu_s / totals.chunks * 1e6
