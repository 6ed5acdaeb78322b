"""A node that leaves a cluster of Ray's: others take its work over, and what it has begun is ended."""

import shutil
import subprocess
import time

import psutil

from gateway.ray_serve.processes import name_of
from routing.errors import ConfigError

_RAYLET = "raylet"
_NODE_ID = "--node_id="
_WORK = ("ray::ServeReplica", "ray::HAProxyManager")
"""What Serve runs on a node, by the titles that Ray gives to processes. A HAProxy ends when no answer passes it."""
_POLL_S = 0.5


def raylet_here() -> psutil.Process:
    """Ray's process on this machine. Raises `ConfigError` where there is none, or more than one."""
    found = [process for process in psutil.process_iter() if name_of(process) == _RAYLET]
    if len(found) != 1:
        raise ConfigError(f"{len(found)} nodes of Ray run on this machine, and one was expected")
    return found[0]


def leave_cluster(raylet: psutil.Process, within_s: float) -> bool:
    """Whether nothing of Serve's ran on the raylet's node any more before ``within_s`` seconds were over.

    Serve starts as many replicas elsewhere, then stops these, which end what they have begun; where there is no room
    elsewhere, it stops them when their ``graceful_shutdown_timeout_s`` is all that is left. Blocks. Raises
    `ConfigError` where Ray refuses: the head cannot leave.
    """
    deadline = time.monotonic() + within_s
    _ask_ray(_node_id(raylet), within_s)
    while has_work(raylet):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _ask_ray(node_id: str, within_s: float) -> None:
    ray = shutil.which("ray")
    if ray is None:
        raise ConfigError("the command `ray` is not on the PATH")
    reason = ("--reason=DRAIN_NODE_REASON_PREEMPTION", "--reason-message=its machine is to go")
    limit = f"--deadline-remaining-seconds={int(within_s)}"
    asked = subprocess.run(  # noqa: S603 -- no shell, and nothing in it comes from outside
        [ray, "drain-node", f"--node-id={node_id}", *reason, limit], capture_output=True, text=True
    )
    if asked.returncode:
        raise ConfigError(f"Ray refuses to empty this node: {asked.stderr.strip()[-500:]}")


def _node_id(raylet: psutil.Process) -> str:
    words: list[str] = raylet.cmdline()
    return next(word.removeprefix(_NODE_ID) for word in words if word.startswith(_NODE_ID))


def has_work(raylet: psutil.Process) -> bool:
    """Whether anything of Serve's runs on the raylet's node."""
    try:
        return any(_title_of(process).startswith(_WORK) for process in raylet.children(recursive=True))
    except psutil.NoSuchProcess:  # Ray ends a node that is empty
        return False


def _title_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
