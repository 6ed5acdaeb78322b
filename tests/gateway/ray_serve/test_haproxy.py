"""HAProxy's own errors, by the HAProxy that comes with Ray: every one is OpenAI's JSON, and alone in its log."""

import contextlib
import http.client
import itertools
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gateway.ray_serve.haproxy import with_our_defaults
from gateway.ray_serve.processes import free_port

START = [
    sys.executable,
    "-c",
    "from gateway.ray_serve import haproxy; haproxy._HEAD_WITHIN_S = 2; haproxy.main()",
]
# As Ray writes it, in small.
CONFIG = """
global
    log 127.0.0.1:{log} local0 info
defaults
    mode http
    log global
    option httplog
    timeout connect 60s
    timeout client 60s
    timeout server 60s
    retries 0
    errorfile 502 {page}
    errorfile 503 {page}
    errorfile 504 {page}
frontend http_frontend
    bind 127.0.0.1:{port}
    http-request return status 200 content-type application/json string "{{}}" if {{ path_beg /well }}
    use_backend closed if {{ path_beg /closed }}
    use_backend cut if {{ path_beg /cut }}
    use_backend silent if {{ path_beg /silent }}
    use_backend stream if {{ path_beg /stream }}
    use_backend document if {{ path_beg /document }}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found."
backend closed
    server one 127.0.0.1:{closed}
backend cut
    server one 127.0.0.1:{cut}
backend stream
    server one 127.0.0.1:{stream}
backend document
    server one 127.0.0.1:{document}
backend silent
    timeout server 300ms
    server one 127.0.0.1:{silent}
listen stats
  bind *:{statistics}
  stats enable
"""
SAID = "data: こんに".encode()
HALF_A_STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(SAID), SAID)
HALF_A_DOCUMENT = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n%b" % SAID
RESET = struct.pack("ii", 1, 0)  # as the kernel does for a killed process that had not read everything


@contextlib.contextmanager
def hanging_up(answer: bytes = b"") -> Iterator[int]:
    """The port of a server that reads a request, begins to answer, and hangs up: by a reset every other time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):  # of the end
                for number in itertools.count():
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(answer)
                        time.sleep(0.1 if answer else 0)  # else a reset overtakes what was said
                        if number % 2:
                            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def log() -> Iterator[socket.socket]:
    """Where HAProxy sends its lines."""
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(60)
        yield listener


@pytest.fixture
def statistics() -> int:
    """The port of HAProxy's page about itself."""
    return free_port()


@pytest.fixture
def proxy(tmp_path: Path, log: socket.socket, statistics: int) -> Iterator[int]:
    """The port of a HAProxy that was started as Ray would start it."""
    port = free_port()
    page = tmp_path / "500.http"
    page.write_bytes(b"HTTP/1.1 500 Internal Server Error\r\n\r\nInternal Server Error")
    config = tmp_path / "haproxy.cfg"
    with (
        hanging_up() as cut,
        hanging_up(HALF_A_STREAM) as stream,
        hanging_up(HALF_A_DOCUMENT) as document,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        ports = {"closed": free_port(), "cut": cut, "silent": silent.getsockname()[1]}
        ports |= {"stream": stream, "document": document, "log": log.getsockname()[1]}
        ports["statistics"] = statistics
        config.write_text(CONFIG.format(page=page, port=port, **ports), "utf-8")
        command = [*START, "-db", "-f", str(config)]
        process = subprocess.Popen(command, env={**os.environ, "RAY_SERVE_HAPROXY_BINARY_PATH": START[0]})
        try:
            while not listens(port):
                assert process.poll() is None
                time.sleep(0.02)
            yield port
        finally:
            process.kill()
            process.wait()


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as client:
        return client.connect_ex((host, port)) == 0


def asked(port: int, path: str) -> tuple[http.client.HTTPResponse, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body="こんにちは".encode())
        response = connection.getresponse()
        return response, json.loads(response.read())
    finally:
        connection.close()


def test_what_haproxy_says_for_itself_is_openais_error(proxy: int) -> None:
    for path, status, code in (
        ("/", 503, "gateway_unavailable"),
        ("/closed", 503, "gateway_unavailable"),
        ("/cut", 502, "gateway_failed"),
        ("/silent", 504, "gateway_timeout"),
    ):
        response, document = asked(proxy, path)
        assert response.status == status, path
        assert response.headers["content-type"] == "application/json"
        assert (response.headers["retry-after"] == "1") is (status == 503)
        error = document["error"]
        assert (error["code"], error["type"], error["param"]) == (code, "server_error", None)
        assert error["message"]


@pytest.mark.parametrize("path", ["/stream", "/document"])
def test_an_answer_that_a_killed_gateway_began_never_looks_complete(proxy: int, path: str) -> None:
    for _ in range(4):
        connection = http.client.HTTPConnection("127.0.0.1", proxy, timeout=60)
        connection.request("POST", path, body="こんにちは".encode())
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead) as cut:
            response.read()
        assert cut.value.partial == SAID
        connection.close()


def test_a_request_that_went_well_is_no_line_in_the_log(proxy: int, log: socket.socket) -> None:
    response, _ = asked(proxy, "/well")
    assert response.status == 200
    asked(proxy, "/closed")
    while "/closed" not in (line := log.recv(65_536).decode()):
        assert "/well" not in line


@pytest.mark.parametrize("begun", [b"", b"POST /well HTTP/1.1\r\nhost: "])
def test_who_sends_no_whole_head_is_not_waited_for(proxy: int, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", proxy), timeout=60) as client, client.makefile("rb") as said:
        client.sendall(begun)
        assert said.read().startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("proxy")
def test_only_this_machine_sees_haproxys_page_about_itself(statistics: int) -> None:
    assert listens(statistics)
    assert not listens(statistics, "127.0.0.2")


def test_rays_own_configuration_has_the_lines_that_are_replaced(tmp_path: Path) -> None:
    spec = find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    rays = Path(spec.origin).parent / "serve" / "_private" / "haproxy_templates.py"
    template = rays.read_text("utf-8")
    ours = with_our_defaults(template, tmp_path)
    assert re.findall(r"errorfile (\d+)", template) == ["502", "503", "504"]
    assert re.findall(r"errorfile (\d+) (?:/.*-openai.http)", ours) == ["500", "502", "503", "504"]
    assert "return status 404" in template
    assert "return status 404" not in ours
    assert "bind *:{{ config.stats_port }}" in template
    assert "bind 127.0.0.1:{{ config.stats_port }}" in ours
    assert "timeout http-request" in ours
    assert re.findall(r"option dontlog-normal", ours) == ["option dontlog-normal"]
