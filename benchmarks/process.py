"""Starts a server as a process of its own, waits until it answers, and stops all that it started."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.errors import BenchmarkError

_STOP_S = 20.0
_ORPHANS_STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class Server:
    """What to start. It listens on `port` of 127.0.0.1, and `ready_path` answers 200 when it can serve.

    chat_path: where it takes chat completions.
    version: what is started, for the report.
    start_s: how long the start may take.
    """

    name: str
    version: str
    command: tuple[str, ...]
    port: int
    ready_path: str
    environment: Mapping[str, str] = field(default_factory=dict)
    chat_path: str = "/v1/chat/completions"
    start_s: float = 180.0

    @property
    def chat_url(self) -> str:
        """The address of its chat completions."""
        return f"http://127.0.0.1:{self.port}{self.chat_path}"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that has been started; `process` is the first of its processes."""

    server: Server
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds, user and system, that its living processes have used; in steps of 10 ms."""
        total_s = 0.0
        for process in _tree(self.process):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total_s += times.user + times.system
        return total_s


@contextmanager
def running(server: Server, logs: Path) -> Iterator[RunningServer]:
    """Runs the server, its output in ``logs/NAME.log``, until the block ends.

    Raises `BenchmarkError` with the end of that log where the server exits or is not ready in time.
    """
    log = logs / f"{server.name.replace(' ', '-')}.log"
    with log.open("wb") as output:
        started = subprocess.Popen(
            server.command,
            env={**os.environ, **server.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is ours to pass on
        )
    process = psutil.Process(started.pid)
    try:
        _wait_until_ready(server, started, log)
        yield RunningServer(server, process)
    finally:
        _stop(started, _tree(process))


def _wait_until_ready(server: Server, started: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + server.start_s
    while time.monotonic() < deadline_s:
        if started.poll() is not None:
            raise BenchmarkError(f"{server.name} exited with {started.returncode}:\n{_end_of(log)}")
        if _is_ready(f"http://127.0.0.1:{server.port}{server.ready_path}"):
            return
        time.sleep(0.2)
    raise BenchmarkError(f"{server.name} was not ready after {server.start_s:.0f} s:\n{_end_of(log)}")


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _stop(started: subprocess.Popen[bytes], tree: list[psutil.Process]) -> None:
    if started.poll() is None:
        started.send_signal(signal.SIGTERM)
    psutil.wait_procs(tree[:1], timeout=_STOP_S)
    _, alive = psutil.wait_procs(tree, timeout=_ORPHANS_STOP_S)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=5)
    started.wait()
