import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.process import Server, running
from gateway.ray_serve.processes import free_port

STUBBORN = textwrap.dedent("""
    import http.server, signal, subprocess, sys
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "ignore" in sys.argv else signal.SIG_DFL)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
""")


def server(code: str, *arguments: str, start_s: float = 120) -> Server:
    port = free_port()
    command = (sys.executable, "-c", code, str(port), *arguments)
    return Server("small server", "1", command, port, "/health", start_s=start_s)


def test_a_server_and_its_children_are_stopped_when_the_block_ends(tmp_path: Path) -> None:
    with running(server(STUBBORN), tmp_path) as started:
        tree = [started.process, *started.process.children(recursive=True)]
        assert len(tree) == 2
    assert not any(psutil.pid_exists(process.pid) and process.is_running() for process in tree)


def test_a_server_that_does_not_want_to_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.process._STOP_S", 0.2)
    with running(server(STUBBORN, "ignore"), tmp_path) as started:
        process = started.process
    assert not process.is_running()


def test_a_server_that_exits_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="exited with 3:\nпорт занят"):
        with running(server("import sys; print('порт занят', flush=True); sys.exit(3)"), tmp_path):
            pass


def test_a_server_that_is_never_ready_is_an_error_and_stopped(tmp_path: Path) -> None:
    silent = server("import time; time.sleep(600)", start_s=0.5)
    with pytest.raises(BenchmarkError, match="was not ready after"):
        with running(silent, tmp_path):
            pass
    assert not any(
        silent.command[2] in _command(child) for child in psutil.Process().children(recursive=True)
    )


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:  # of another test, and it ended since it was found
        return []


def test_the_cpu_time_of_the_whole_tree_is_counted(tmp_path: Path) -> None:
    busy = STUBBORN.replace("import time; time.sleep(600)", "while True: pass")
    with running(server(busy), tmp_path) as started:
        before_s = started.cpu_s()
        while started.cpu_s() - before_s < 0.2:  # for ever, where only the idle parent is counted
            time.sleep(0.1)
