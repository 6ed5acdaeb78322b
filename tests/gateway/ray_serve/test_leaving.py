"""Leaving a cluster of Ray's, with real processes that have the names and titles of Ray's own.

With Ray itself: two nodes, of which one left while answers were under way (`python -m benchmarks.faults.leaving`).
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from gateway.commands.leave import leave
from gateway.ray_serve.leaving import has_work, leave_cluster, raylet_here
from routing.errors import ConfigError

_LONG_S = 60.0  # of what takes none: it ends what hangs
_RAYLET = """(exec -a ray::ServeReplica:gateway:gateway sleep 600) &
echo $! >pid && mv pid worker.pid
wait"""
_ENDS_ITS_WORK = "kill $(cat worker.pid)"


@pytest.fixture
def raylet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psutil.Process]:
    """A node that runs a replica; its folder is the one that commands run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    bash = shutil.which("bash")
    assert bash
    (tmp_path / "raylet").symlink_to(bash)
    process = subprocess.Popen([tmp_path / "raylet", "-c", _RAYLET, "--node_id=0a1b"], start_new_session=True)
    node = psutil.Process(process.pid)
    while not (has_work(node) and Path("worker.pid").exists()):
        assert process.poll() is None
    yield node
    for one in node.children(recursive=True) if node.is_running() else ():
        one.kill()
    process.kill()
    process.wait()


def ray_does(commands: str) -> None:
    """The command `ray`: it notes what it is asked for, and then does this."""
    path = Path("ray")
    path.write_text(f'#!/bin/bash\necho "$@" >asked\n{commands}\n')
    path.chmod(0o700)


def test_ray_is_asked_to_empty_the_node_and_its_work_is_waited_for(raylet: psutil.Process) -> None:
    ray_does(f"(sleep 0.3; {_ENDS_ITS_WORK}) >/dev/null 2>&1 &")
    assert leave_cluster(raylet, _LONG_S)
    assert not has_work(raylet)
    asked = Path("asked").read_text().split("--reason-message")[0].split()
    assert asked == ["drain-node", "--node-id=0a1b", "--reason=DRAIN_NODE_REASON_PREEMPTION"]
    assert f"--deadline-remaining-seconds={_LONG_S:.0f}" in Path("asked").read_text()


def test_work_that_does_not_end_in_time_is_told_of(raylet: psutil.Process) -> None:
    ray_does("true")
    assert not leave_cluster(raylet, 0.1)


def test_a_node_that_ray_ends_has_no_work(raylet: psutil.Process) -> None:
    ray_does(f"{_ENDS_ITS_WORK}; kill -9 {raylet.pid}")
    assert leave_cluster(raylet, _LONG_S)


def test_the_head_may_not_leave_and_ray_says_why(raylet: psutil.Process) -> None:
    ray_does("echo 'The drain request is not accepted: it is the head' >&2; exit 1")
    with pytest.raises(ConfigError, match="not accepted: it is the head"):
        leave_cluster(raylet, _LONG_S)


def test_the_node_of_this_machine_is_found_and_none_or_two_are_an_error(
    raylet: psutil.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [psutil.Process(), *raylet.children()]
    monkeypatch.setattr(psutil, "process_iter", lambda: [*others, raylet])
    assert raylet_here() == raylet
    for wrong in ([], [raylet, raylet]):
        monkeypatch.setattr(psutil, "process_iter", lambda wrong=wrong: [*others, *wrong])
        with pytest.raises(ConfigError, match=f"{len(wrong)} nodes of Ray"):
            raylet_here()


@pytest.mark.parametrize(("ends", "status"), [(_ENDS_ITS_WORK, 0), ("true", 1)])
def test_the_command_says_by_its_status_whether_nothing_is_left(
    raylet: psutil.Process, monkeypatch: pytest.MonkeyPatch, ends: str, status: int
) -> None:
    ray_does(ends)
    monkeypatch.setattr("gateway.commands.leave.raylet_here", lambda: raylet)
    done = CliRunner().invoke(leave, ["--within", "60" if status == 0 else "1"])
    assert done.exit_code == status, done.output
    assert ("still under way" in done.output) == bool(status)
