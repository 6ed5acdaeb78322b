"""The operating system's side of a cluster: ports, and processes that must not outlive it."""

import ctypes
import os
import socket
import tempfile
from pathlib import Path

import psutil

from routing.errors import ConfigError

_PR_SET_CHILD_SUBREAPER = 36
_RUN_DIR_PREFIX = "dragoman-"


def make_run_dir() -> Path:
    """A private folder of this process, whose name tells whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{_RUN_DIR_PREFIX}{os.getpid()}-"))


def adopt_orphans() -> None:
    """Makes this process the parent of its descendants whose own parents die, so that none escapes its end.

    Ray's workers, vLLM's processes and HAProxy are children of children. Linux only.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def end_descendants(grace_s: float) -> None:
    """Ends every process that this one started, however indirectly: asked first, killed after ``grace_s``."""
    descendants = psutil.Process().children(recursive=True)
    for process in descendants:
        _signal(process, force=False)
    _, alive = psutil.wait_procs(descendants, timeout=grace_s)
    for process in [*alive, *psutil.Process().children(recursive=True)]:
        _signal(process, force=True)
    psutil.wait_procs(psutil.Process().children(recursive=True), timeout=grace_s)


def claim_port(port: int) -> None:
    """Makes sure that a port is free on every interface, before anything is started that would need it.

    A HAProxy that was left behind by a gateway that was killed is ended. Raises `ConfigError` for anything else.
    """
    if _is_free(port):
        return
    for haproxy in _abandoned_haproxies():
        haproxy.terminate()
        psutil.wait_procs([haproxy], timeout=5)
    if not _is_free(port):
        raise ConfigError(f"port {port} is taken by another process; choose another with --port")


def free_port() -> int:
    """A port that nothing listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("", 0))
        return int(listener.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
        return True


def _abandoned_haproxies() -> list[psutil.Process]:
    """HAProxies of this user whose run folder names a gateway that is no more."""
    mine = psutil.Process().uids().real
    found = psutil.process_iter(["name", "cmdline", "uids"])
    return [
        process
        for process in found
        if process.info["name"] == "haproxy"
        and process.info["uids"].real == mine
        and _is_abandoned(process.info["cmdline"] or [])
    ]


def _is_abandoned(command_line: list[str]) -> bool:
    start = str(Path(tempfile.gettempdir()) / _RUN_DIR_PREFIX)
    owners = [word[len(start) :].split("-")[0] for word in command_line if word.startswith(start)]
    return any(owner.isdecimal() and not psutil.pid_exists(int(owner)) for owner in owners)


def _signal(process: psutil.Process, *, force: bool) -> None:
    try:
        process.kill() if force else process.terminate()
    except psutil.NoSuchProcess:
        return
