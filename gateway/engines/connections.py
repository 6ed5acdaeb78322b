"""The connections to all engines: kept alive between requests, opened where none is free."""

import asyncio
import socket
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from types import TracebackType
from typing import Self

from aiohappyeyeballs import start_connection
from yarl import URL

from gateway.engines.connection import Answer, Connection

# Below the 5 s after which uvicorn, and so vLLM, closes an idle connection: a request must not race with that.
KEEP_ALIVE_S = 2.0

_NEXT_ADDRESS_S = 0.25  # as RFC 8305 has it


class NotConnected(OSError):
    """No connection could be opened, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go."""

    host: str
    port: int
    is_tls: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A URL as a request needs it. authorization: from the user and password in the URL, else empty."""

    origin: Origin
    host: str
    path: str
    authorization: str


class Connections:
    """Keep-alive connections by origin. Needs a running event loop.

    Their number is bounded by admission, not here. It follows no redirects, keeps no cookies, asks for no proxy:
    a request goes to whom the policy names. With aiohttp's client a request cost 697 µs of CPU, with this 566.
    """

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[tuple[float, Connection]]] = {}
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        connect_s: float,
        until: float | None = None,
    ) -> Answer:
        """Sends a request; returns when the answer's status is there. The caller closes the answer.

        connect_s: how long a new connection may take. until: as in `Answer.give_up_at`. Raises `NotConnected`,
        `BrokenAnswer`, and `ValueError` for headers that hold a line break. Whoever is cancelled here aborts the
        request.
        """
        target = _target(url)
        request = _head(method, target, headers, len(body)) + body
        connection = self._free(target.origin) or await self._open(target.origin, connect_s)
        answer = connection.send(request)
        if until is not None:
            answer.give_up_at(until)
        try:
            await answer.begin()
        except BaseException:
            answer.close()
            raise
        return answer

    def close(self) -> None:
        """Ends all that are idle; one in use ends with its answer."""
        for idle in self._idle.values():
            for _, connection in idle:
                connection.abort()
        self._idle.clear()

    def _free(self, origin: Origin) -> Connection | None:
        """The one that was used last."""
        idle = self._idle.get(origin)
        while idle:
            since, connection = idle.pop()
            if connection.is_open and monotonic() - since < KEEP_ALIVE_S:
                return connection
            connection.abort()
        return None

    async def _open(self, origin: Origin, connect_s: float) -> Connection:
        loop = asyncio.get_running_loop()
        tls = await self._tls_context() if origin.is_tls else None
        try:
            async with asyncio.timeout(connect_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(lambda free: self._keep(origin, free)),
                    sock=await _connected(origin),
                    ssl=tls,
                    server_hostname=origin.host if tls else None,
                )
        except (OSError, RuntimeError, UnicodeError) as error:
            # TimeoutError is one; uvloop has RuntimeErrors; and no host has a name such as "a..b".
            raise NotConnected(f"No connection to {origin.host}:{origin.port}.") from error
        return connection

    async def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = await asyncio.to_thread(
                ssl.create_default_context
            )  # reads the authorities' certificates
        return self._tls

    def _keep(self, origin: Origin, connection: Connection) -> None:
        now = monotonic()
        idle = self._idle.setdefault(origin, deque())
        idle.append((now, connection))
        while now - idle[0][0] >= KEEP_ALIVE_S:
            idle.popleft()[1].abort()


async def _connected(origin: Origin) -> socket.socket:
    """A connection to the first of the host's addresses that answers, each next one tried a quarter of a second later.

    Of several, one may be dead in a way that answers nothing: a node that is gone, or IPv6 that leads nowhere.
    """
    addresses = await asyncio.get_running_loop().getaddrinfo(
        origin.host, origin.port, type=socket.SOCK_STREAM
    )
    return await start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1)


@lru_cache(maxsize=1024)
def _target(address: str) -> Target:
    url = URL(address)
    assert url.raw_host is not None
    assert url.port is not None
    host = url.host_port_subcomponent
    credentials = f"{url.user or ''}:{url.password or ''}".encode()
    return Target(
        Origin(url.raw_host, url.port, url.scheme == "https"),
        host or url.raw_host,
        url.raw_path_qs,
        f"Basic {b64encode(credentials).decode()}" if url.user or url.password else "",
    )


def _head(method: str, target: Target, headers: Mapping[str, str], body_bytes: int) -> bytes:
    lines = [
        f"{method} {target.path} HTTP/1.1",
        f"Host: {target.host}",
        "User-Agent: dragoman",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        f"Content-Length: {body_bytes}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if target.authorization and "Authorization" not in headers:
        lines.append(f"Authorization: {target.authorization}")
    head = "\r\n".join(lines)
    if head.count("\n") + head.count("\r") != 2 * (len(lines) - 1):
        raise ValueError("A header holds a line break.")
    return f"{head}\r\n\r\n".encode()
