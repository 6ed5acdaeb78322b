"""Load of requests that are answered by one JSON document, made by wrk."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.errors import BenchmarkError

_SCRIPT = Path(__file__).with_name("unary_load.lua")
_MARK = "RESULT "


@dataclass(frozen=True, slots=True)
class UnaryTimes:
    """What wrk counted: times from request sent to answer read, over all requests of a run."""

    requests: int
    duration_s: float
    p50_ms: float
    p99_ms: float
    failures: int

    @property
    def requests_per_s(self) -> float:
        """Answers a second, all clients together."""
        return self.requests / self.duration_s


@dataclass(frozen=True, slots=True)
class UnaryLoad:
    """`clients` connections that each send the next request when the last is answered, for `duration_s`.

    bodies: file of request bodies, a line each, with `prompts.NUMBER` in each.
    duration_s: whole seconds, as wrk takes them.
    """

    bodies: Path
    clients: int
    duration_s: int


def run_unary_load(load: UnaryLoad, url: str, api_key: str) -> UnaryTimes:
    """Blocks for the duration. Raises `BenchmarkError` where a single request failed."""
    command = [_wrk(), "-t1", f"-c{load.clients}", f"-d{load.duration_s}s", "--timeout", "30s", "--latency"]
    command += ["-s", str(_SCRIPT), url, "--", str(load.bodies), api_key]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=load.duration_s + 60)
    _, _, result = done.stdout.partition(_MARK)
    times = TypeAdapter(UnaryTimes).validate_json(result)
    if times.failures or not times.requests:
        raise BenchmarkError(f"{times.failures} of {times.requests} requests to {url} failed")
    return times


def _wrk() -> str:
    path = shutil.which("wrk")
    if path is None:
        raise BenchmarkError("wrk is needed: apt-get install wrk")
    return path
