"""The operating system's side of a cluster: ports, and processes that must not outlive it."""

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import psutil

from routing.errors import ConfigError

_PR_SET_CHILD_SUBREAPER = 36
# HAProxy's socket lies 68 characters below the folder, and its path may have 97: with process ids of seven digits,
# "/tmp/dragoman-" was one too long, and so is nearly every TMPDIR.
_RUN_DIRS = Path("/tmp")  # noqa: S108 -- each folder in it is made by mkdtemp, for its owner alone
_RUN_DIR_PREFIX = "dgm-"
_FREE_PORTS = range(20_000, 30_000)
_PROXY = "haproxy"


def make_run_dir() -> Path:
    """A private folder of this process, whose name tells whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{_RUN_DIR_PREFIX}{os.getpid()}-", dir=_RUN_DIRS))


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


def name_of(process: psutil.Process) -> str:
    """What the operating system calls it; nothing where it is no more."""
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def has_ended(process: psutil.Process) -> bool:
    """Whether a process is gone, or only waits for its parent to notice."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def finish_answers(within_s: float) -> None:
    """Lets our HAProxies take no more connections, and returns when all answers are sent, or after ``within_s``."""
    proxies = [one for one in psutil.Process().children(recursive=True) if name_of(one) == _PROXY]
    for proxy in proxies:
        with contextlib.suppress(psutil.NoSuchProcess):
            proxy.send_signal(signal.SIGUSR1)
    psutil.wait_procs(proxies, timeout=within_s)


def end_abandoned() -> None:
    """Ends the HAProxies of gateways that were killed, and removes their folders.

    All else dies with Ray; a HAProxy would keep its port, and answer every request with an error.
    """
    folders = [path for path in _RUN_DIRS.glob(f"{_RUN_DIR_PREFIX}*-*") if _is_abandoned(path)]
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == _PROXY and any(
            word.startswith(f"{folder}/") for word in process.info["cmdline"] or [] for folder in folders
        ):
            _signal(process, force=True)
            psutil.wait_procs([process], timeout=5)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def require_free(port: int) -> None:
    """Raises `ConfigError` where a port is taken, on whichever interface."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError as error:
            raise ConfigError(f"port {port}: {error.strerror}; choose another with --port") from None


def free_port() -> int:
    """A port that nothing listened on a moment ago, and that nobody else who asks here gets while this process lives.

    Not one that the kernel gives out: Ray's own processes take so many of those while a cluster starts that HAProxy
    found its port taken ten seconds later. Not one of Ray's replicas either (30,000 and up).
    """
    while True:
        port = _FREE_PORTS.start + secrets.randbelow(len(_FREE_PORTS))
        if _is_free(port) and _reserve(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Takes a name that the kernel gives to one process at a time, and takes back when that process ends.

    Without it two test runs on one machine drew the same of 10,000 ports, before either listened, once in a hundred.
    """
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0dragoman-port-{port}")
    except OSError:
        holder.close()
        return False
    holder.detach()  # open until the process ends
    return True


def _is_abandoned(run_dir: Path) -> bool:
    owner = run_dir.name.removeprefix(_RUN_DIR_PREFIX).split("-")[0]
    try:
        mine = run_dir.stat().st_uid == os.getuid()
    except FileNotFoundError:  # its gateway ended while we looked
        return False
    return mine and owner.isdecimal() and not psutil.pid_exists(int(owner))


def _signal(process: psutil.Process, *, force: bool) -> None:
    try:
        process.kill() if force else process.terminate()
    except psutil.NoSuchProcess:
        return
