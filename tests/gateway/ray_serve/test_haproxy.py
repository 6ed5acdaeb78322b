"""HAProxy's own errors, by the HAProxy that comes with Ray: every one is OpenAI's JSON."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gateway.ray_serve.haproxy import with_our_errors
from gateway.ray_serve.processes import free_port

START = [sys.executable, "-c", "from gateway.ray_serve.haproxy import main; main()"]
# As Ray writes it, in small.
CONFIG = """
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 300ms
    retries 0
    errorfile 502 {page}
    errorfile 503 {page}
    errorfile 504 {page}
frontend http_frontend
    bind 127.0.0.1:{port}
    use_backend closed if {{ path_beg /closed }}
    use_backend cut if {{ path_beg /cut }}
    use_backend silent if {{ path_beg /silent }}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found."
backend closed
    server one 127.0.0.1:{closed}
backend cut
    server one 127.0.0.1:{cut}
backend silent
    server one 127.0.0.1:{silent}
"""


@contextlib.contextmanager
def hanging_up() -> Iterator[int]:
    """The port of a server that reads a request and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):  # of the end
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65_536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The port of a HAProxy that was started as Ray would start it."""
    port = free_port()
    page = tmp_path / "500.http"
    page.write_bytes(b"HTTP/1.1 500 Internal Server Error\r\n\r\nInternal Server Error")
    config = tmp_path / "haproxy.cfg"
    with hanging_up() as cut, socket.create_server(("127.0.0.1", 0)) as silent:
        ports = {"closed": free_port(), "cut": cut, "silent": silent.getsockname()[1]}
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


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def asked(port: int, path: str) -> tuple[http.client.HTTPResponse, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
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


def test_rays_own_configuration_has_the_lines_that_are_replaced(tmp_path: Path) -> None:
    spec = find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    rays = Path(spec.origin).parent / "serve" / "_private" / "haproxy_templates.py"
    template = rays.read_text("utf-8")
    ours = with_our_errors(template, tmp_path)
    assert re.findall(r"errorfile (\d+)", template) == ["502", "503", "504"]
    assert re.findall(r"errorfile (\d+) (?:/.*-openai.http)", ours) == ["500", "502", "503", "504"]
    assert "return status 404" in template
    assert "return status 404" not in ours
