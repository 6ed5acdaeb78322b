"""The real thing, started as the README says: `dragoman serve` in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from gateway.ray_serve.processes import free_port

_DRAGOMAN = str(Path(sys.executable).with_name("dragoman"))
_MARK = "TEST_STACK_MARK"
ENDS_WITHIN_S = 300.0
"""Longer than any end takes, on a machine where it takes long."""


@dataclass(frozen=True)
class RunningStack:
    """A gateway that listens, with its engine behind it.

    key: what the gateway wants. engine_url: the engine's own base URL, below the gateway's, with its key.
    process: `dragoman serve`. policy_path: the file that it reads again on SIGHUP.
    mark: in the environment of every process that the start has started.
    """

    url: str
    key: str
    engine_url: str
    engine_key: str
    process: subprocess.Popen[str]
    policy_path: Path
    mark: str

    def survivors(self) -> list[str]:
        """The processes of this start that still run."""
        return processes_with(self.mark)


@contextlib.contextmanager
def started_stack(policy_path: Path, *options: str, engine: str = "smollm2") -> Iterator[RunningStack]:
    """Starts it and waits until it says that it is ready; ends it, and every process that it left, afterwards."""
    with starting_stack(policy_path, *options, engine=engine) as stack:
        _wait_for_invitation(stack)
        yield stack


@contextlib.contextmanager
def starting_stack(policy_path: Path, *options: str, engine: str = "smollm2") -> Iterator[RunningStack]:
    """The same, without waiting."""
    port, mark = free_port(), uuid.uuid4().hex
    keys = {"DRAGOMAN_API_KEY": f"sk-{uuid.uuid4().hex}", "DRAGOMAN_ENGINE_KEY": uuid.uuid4().hex}
    process = subprocess.Popen(
        [_DRAGOMAN, "serve", "--config", str(policy_path), "--port", str(port), *options],
        env=os.environ | keys | {_MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    api_key, engine_key = keys.values()
    try:
        yield RunningStack(url, api_key, f"{url}/engines/{engine}", engine_key, process, policy_path, mark)
    finally:
        try:
            stop(process)
        finally:
            for survivor in marked_processes(mark):
                with contextlib.suppress(psutil.NoSuchProcess):
                    survivor.kill()


def stop(process: subprocess.Popen[str]) -> int:
    """Asks a start to end, and returns its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=ENDS_WITHIN_S)
    return process.returncode


def processes_with(mark: str) -> list[str]:
    """The command lines of the processes, not counting those that only wait for their parent to notice their end."""
    return [line for process in marked_processes(mark) if (line := command_line(process))]


def command_line(process: psutil.Process) -> str:
    """How a process was started; nothing of one that has ended since it was found."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def marked_processes(mark: str) -> list[psutil.Process]:
    """Every process of the start that has this mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.environ().get(_MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _wait_for_invitation(stack: RunningStack) -> None:
    said = []
    assert stack.process.stdout is not None
    for line in stack.process.stdout:
        said.append(line)
        if "Ctrl-C ends it" in line:
            return
    raise AssertionError("dragoman serve ended:\n" + "".join(said))
