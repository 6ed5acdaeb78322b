"""uvicorn, taking every connection that waits in each round of its event loop."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

import uvicorn

from routing.errors import ConfigError

_OF_THE_PORT = (errno.EADDRINUSE, errno.EACCES)
_PAUSE_S = 1.0  # until there may be room for a file again


class AcceptingServer(uvicorn.Server):
    """uvicorn, but that it does not listen by itself.

    libuv, on which uvloop stands, takes one connection a round (1.52 does). Rounds are long under load, so that clients
    waited to be let in and were told nothing: for minutes, where the process was also short of CPU.

    listener: a socket with an address (`listener_on`); from the start on it is the server's to close.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        self._listener = listener

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 -- uvicorn's
        """Called by uvicorn, once."""
        await super().startup(sockets=[])
        self.servers = [_Acceptor(self._listener, self._protocol, self.config.backlog)]  # type: ignore[list-item]

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


def listener_on(host: str, port: int) -> socket.socket:
    """A socket with this address, which connections do not reach yet. Raises `ConfigError` where it cannot have it."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        option = f"--port {port}" if error.errno in _OF_THE_PORT else f"--host {host}"
        raise ConfigError(f"{option}: {error.strerror}") from None
    except TypeError:  # what bind says of a name that IDNA cannot encode
        listener.close()
        raise ConfigError(f"--host {host}: is no host's name") from None
    return listener


class _Acceptor:
    """As much of an `asyncio.Server` as uvicorn uses. most: how many connections may wait."""

    def __init__(self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol], most: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener, self._protocol, self._most = listener, protocol, most
        self._opening: set[asyncio.Task[object]] = set()
        listener.setblocking(False)
        listener.listen(most)
        self.sockets = (listener,)
        self._loop.add_reader(listener, self._accept_all)

    def close(self) -> None:
        """Takes no more."""
        self._loop.remove_reader(self._listener)
        self._listener.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: uvicorn has ended the connections."""

    def _accept_all(self) -> None:
        for _ in range(self._most):
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError:
                self._pause()
                return
            self._open(connection)

    def _open(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        opening = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, connection))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    def _pause(self) -> None:
        """No file is left for a connection, and the one that waits would be reported without end."""
        logging.getLogger("dragoman").exception("no connections are taken for %s s", _PAUSE_S)
        self._loop.remove_reader(self._listener)
        self._loop.call_later(_PAUSE_S, self._resume)

    def _resume(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept_all)
