"""A site under test: the gateway under Ray Serve, or in one process, and stub engines behind it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.process import RunningServer, Server, running
from benchmarks.stub_control import set_pace
from benchmarks.stub_pace import Pace
from benchmarks.systems import API_KEY, MODEL
from gateway.ray_serve.processes import free_port

_ENGINES = 2
PACE = Pace(first_token_s=0.05, token_s=0.01)
LITTLE_PATIENCE: Mapping[str, float] = {"connect_s": 1, "first_token_s": 3, "total_s": 20}
"""So that a fault is over while it is looked at."""


@dataclass(frozen=True, slots=True)
class Site:
    """engines: stubs that all serve one model. later: what was started in their place, and ends with the site.

    folder: where the policy and the logs are.
    """

    folder: Path
    gateway: RunningServer
    engines: tuple[RunningServer, ...]
    later: list[subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.gateway.server.port}"

    @property
    def key(self) -> str:
        """A key of the gateway's."""
        return API_KEY

    @property
    def model(self) -> str:
        """What all engines serve."""
        return MODEL

    def processes(self, words: str) -> list[psutil.Process]:
        """The gateway's processes whose command line has these words."""
        found = []
        for process in self.gateway.process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if words in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts something that ends with the site, if not before."""
        self.later.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        return self.later[-1]

    def reload(self) -> None:
        """Makes the gateway read its policy again."""
        self.gateway.process.send_signal(signal.SIGHUP)

    def memory_mb(self) -> float:
        """Resident memory of the gateway's own processes: replicas under Ray, else the one process."""
        return sum(float(process.memory_info().rss) for process in self._own()) / 1e6

    def whole_memory_mb(self) -> float:
        """Resident memory of all that the gateway started: under Ray, HAProxy, the controller and Ray itself too.

        What processes share is counted once for each.
        """
        all_of_it = [self.gateway.process, *self.processes("")]
        return sum(float(process.memory_info().rss) for process in all_of_it) / 1e6

    def open_files(self) -> int:
        """Files and sockets that the gateway's own processes have open."""
        return sum(process.num_fds() for process in self._own())

    def _own(self) -> list[psutil.Process]:
        return self.processes("ServeReplica:gateway") or [self.gateway.process]


@contextlib.contextmanager
def running_site(
    folder: Path,
    *,
    with_ray: bool,
    settings: Mapping[str, str] | None = None,
    rules: Mapping[str, object] | None = None,
    timeouts: Mapping[str, float] = LITTLE_PATIENCE,
) -> Iterator[Site]:
    """Starts engines and a gateway in front of them.

    settings: the gateway's variables of the environment. rules: of the policy, beside its engines. timeouts: the
    engines'; those left out are the gateway's own.
    """
    with contextlib.ExitStack() as stack:
        engines, policy = stack.enter_context(running_engines(folder, rules or {}, timeouts))
        gateway = gateway_server(policy, free_port(), with_ray=with_ray, settings=settings or {})
        site = Site(folder, stack.enter_context(running(gateway, folder)), engines, [])
        stack.callback(_end, site.later)
        yield site


@contextlib.contextmanager
def running_engines(
    folder: Path, rules: Mapping[str, object] | None = None, timeouts: Mapping[str, float] = LITTLE_PATIENCE
) -> Iterator[tuple[tuple[RunningServer, ...], Path]]:
    """Starts stub engines; they, and the file of a policy that names them all."""
    with contextlib.ExitStack() as stack:
        engines = tuple(stack.enter_context(running(stub(number), folder)) for number in range(_ENGINES))
        for one in engines:
            set_pace(f"http://127.0.0.1:{one.server.port}", PACE)
        policy = folder / "policy.yaml"  # read again on SIGHUP
        contents = {**policy_of([one.server.port for one in engines], timeouts), **(rules or {})}
        policy.write_text(json.dumps(contents), "utf-8")  # JSON is YAML
        yield engines, policy


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
        process.wait()


def stub(number: int, port: int | None = None) -> Server:
    """A stub engine on a port of its own."""
    port = port or free_port()
    command = (sys.executable, "-m", "benchmarks.stub_engine", "--port", str(port), "--model", MODEL)
    return Server(f"engine-{number}", "", command, port, "/health")


def policy_of(ports: list[int], timeouts: Mapping[str, float]) -> dict[str, object]:
    """One engine with a replica at each port."""
    engine = {
        "kind": "http",
        "urls": [f"http://127.0.0.1:{port}/v1" for port in ports],
        "models": [MODEL],
        "timeouts": dict(timeouts),
        "retries": 2,
        "max_inflight": 10_000,
    }
    return {"version": 1, "engines": {"house": engine}}


def gateway_server(policy: Path, port: int, *, with_ray: bool, settings: Mapping[str, str]) -> Server:
    """The gateway as `dragoman serve` starts it."""
    dragoman = str(Path(sys.executable).with_name("dragoman"))
    how = ("--replicas", "2") if with_ray else ("--without-ray",)
    command = (dragoman, "serve", "--config", str(policy), "--port", str(port), *how)
    environment = {"DRAGOMAN_API_KEY": API_KEY, "DRAGOMAN_ACCESS_LOG": "false", **settings}
    inherited = {name: value for name, value in os.environ.items() if name == "PYTHONPATH"}
    name = "ray" if with_ray else "process"
    return Server(name, version("dragoman"), command, port, "/ready", inherited | environment)
