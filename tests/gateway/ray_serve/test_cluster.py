"""A cluster whose head ends. `benchmarks.faults` kills a real one."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gateway.ray_serve.cluster import Cluster
from routing.errors import EngineUnavailable

# Stands in for HAProxy, which ends its answers at SIGUSR1 and then itself. The signal may come before a `print` of "up"
# has returned, within which there can be no other.
PROXY = """
import os, signal, time
def finish(*_):
    time.sleep(0.3)
    os.write(1, b"finished\\n")
    raise SystemExit
signal.signal(signal.SIGUSR1, finish)
os.write(1, b"up\\n")
time.sleep(60)
"""


@pytest.fixture
def head() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A child of ours that the operating system calls haproxy."""
    program = tmp_path / "haproxy"
    program.symlink_to(Path(sys.executable).resolve())
    process = subprocess.Popen([program, "-I", "-c", PROXY], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    yield process
    process.kill()
    process.stdout.close()
    process.wait()


def cluster(head: subprocess.Popen[bytes]) -> Cluster:
    return Cluster(Path("/nowhere"), has_gpu=False, head={"raylet": psutil.Process(head.pid)})


def test_while_the_head_lives_nothing_happens(
    head: subprocess.Popen[bytes], proxy: subprocess.Popen[str]
) -> None:
    cluster(head).check_head()
    assert proxy.poll() is None


@pytest.mark.parametrize("is_reaped", [True, False])
def test_when_the_head_has_ended_answers_in_flight_are_finished_and_it_is_named(
    head: subprocess.Popen[bytes], proxy: subprocess.Popen[str], is_reaped: bool
) -> None:
    watched = cluster(head)
    head.kill()
    if is_reaped:
        head.wait()
    else:
        while watched.head["raylet"].status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
    with pytest.raises(EngineUnavailable, match=r"Ray's raylet has ended.*start again"):
        watched.check_head()
    assert proxy.stdout is not None
    assert proxy.stdout.read() == "finished\n"
