"""The connections to engines: one is used again while it is fresh, and goes nowhere but where the policy says."""

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.engines import connections as module
from gateway.engines.connection import BrokenAnswer, LateAnswer
from gateway.engines.connections import Connections, NotConnected

BODY = '{"text":"你好 مرحبا สวัสดี"}'.encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@dataclass
class Seen:
    """A server, what it was asked, and how many connections came."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    opened: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def serving(answer: bytes = ANSWER, tls: ssl.SSLContext | None = None) -> AsyncIterator[Seen]:
    """Answers every request with these bytes; with none at all it stays silent."""
    seen = Seen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.opened += 1
        seen.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                seen.heads.append(head)
                seen.bodies.append(await reader.readexactly(length))
                writer.write(answer)
        except (asyncio.IncompleteReadError, OSError):
            seen.closed.set()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for writer in seen.writers:
            writer.close()


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    async with Connections() as connections:
        yield connections


async def ask(connections: Connections, port: int, path: str = "/v1/x", host: str = "127.0.0.1") -> bytes:
    url = f"http://{host}:{port}{path}"
    answer = await connections.request("POST", url, {"X-Of": "ours"}, BODY, connect_s=30)
    try:
        return await answer.read()
    finally:
        answer.close()


async def test_a_connection_is_used_again(connections: Connections) -> None:
    async with serving() as seen:
        assert [await ask(connections, seen.port) for _ in range(5)] == [BODY] * 5
        assert seen.opened == 1
        assert seen.bodies == [BODY] * 5


async def test_requests_at_the_same_time_have_connections_of_their_own(connections: Connections) -> None:
    async with serving() as seen:
        assert await asyncio.gather(*(ask(connections, seen.port) for _ in range(5))) == [BODY] * 5
        assert seen.opened == 5
        await ask(connections, seen.port)
        assert seen.opened == 5


async def test_a_connection_that_was_idle_for_long_is_not_used(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as seen:
        await ask(connections, seen.port)
        monkeypatch.setattr(module, "KEEP_ALIVE_S", 0.0)
        await ask(connections, seen.port)
        assert seen.opened == 2
        await asyncio.wait_for(seen.closed.wait(), 30)


async def test_a_connection_that_the_engine_closed_is_not_used(connections: Connections) -> None:
    async with serving() as seen:
        await ask(connections, seen.port)
        seen.writers[0].close()
        await seen.writers[0].wait_closed()
        await asyncio.sleep(0.05)
        assert await ask(connections, seen.port) == BODY
        assert seen.opened == 2


async def test_closing_ends_idle_connections(connections: Connections) -> None:
    async with serving() as seen:
        await ask(connections, seen.port)
        connections.close()
        await asyncio.wait_for(seen.closed.wait(), 30)


async def test_a_request_that_is_cancelled_is_aborted(connections: Connections) -> None:
    async with serving(answer=b"") as seen:
        asking = asyncio.create_task(ask(connections, seen.port))
        while not seen.bodies:
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.wait_for(seen.closed.wait(), 30)
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_an_answer_that_is_not_read_to_its_end_is_aborted(connections: Connections) -> None:
    async with serving(answer=ANSWER[:-1]) as seen:
        answer = await connections.request("POST", f"http://127.0.0.1:{seen.port}/", {}, BODY, connect_s=30)
        answer.close()
        await asyncio.wait_for(seen.closed.wait(), 30)
        with pytest.raises(BrokenAnswer):
            await answer.read()


@pytest.mark.parametrize("answer", [b"", ANSWER[:-1]], ids=["not begun", "not complete"])
async def test_an_answer_that_is_late_is_given_up_and_aborted(
    connections: Connections, answer: bytes
) -> None:
    async with serving(answer=answer) as seen:
        url, until = f"http://127.0.0.1:{seen.port}/", asyncio.get_running_loop().time() + 0.2
        with pytest.raises(LateAnswer):
            await (await connections.request("POST", url, {}, BODY, connect_s=30, until=until)).read()
        await asyncio.wait_for(seen.closed.wait(), 30)


async def test_of_two_times_the_last_counts_and_a_complete_answer_is_never_late(
    connections: Connections,
) -> None:
    async with serving() as seen:
        url, now = f"http://127.0.0.1:{seen.port}/", asyncio.get_running_loop().time()
        answer = await connections.request("POST", url, {}, BODY, connect_s=30, until=now + 60)
        answer.give_up_at(now)
        answer.give_up_at(now + 60)
        await asyncio.sleep(0.05)
        assert await answer.read() == BODY
        answer.give_up_at(now)
        await asyncio.sleep(0.05)
        assert await ask(connections, seen.port) == BODY
        assert seen.opened == 1


async def test_nobody_there_is_not_connected(connections: Connections) -> None:
    async with serving() as seen:
        port = seen.port
    with pytest.raises(NotConnected):
        await ask(connections, port)


async def test_the_head_says_what_it_must_and_no_more(connections: Connections) -> None:
    async with serving() as seen:
        await ask(connections, seen.port, "/ü/v1/x", "user:p%C3%A4ss@127.0.0.1")
    lines = seen.heads[0].decode().rstrip().split("\r\n")
    assert lines[0] == "POST /%C3%BC/v1/x HTTP/1.1"
    assert set(lines[1:]) == {
        f"Host: 127.0.0.1:{seen.port}",
        "User-Agent: dragoman",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        "X-Of: ours",
        "Authorization: Basic dXNlcjpww6Rzcw==",
    }


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb"])
async def test_a_header_cannot_begin_another_line(connections: Connections, value: str) -> None:
    async with serving() as seen:
        with pytest.raises(ValueError, match="line break"):
            await connections.request(
                "POST", f"http://127.0.0.1:{seen.port}/", {"X": value}, b"", connect_s=30
            )
        assert not seen.heads


def certificate(folder: Path) -> Path:
    """A certificate for localhost that nobody but a test trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    no_password = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, pkcs8, no_password) + made.public_bytes(pem))
    return path


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_https_is_spoken_with_whom_the_system_trusts_alone(
    connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    pem = certificate(tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    async with serving(tls=tls) as seen:
        url = f"https://localhost:{seen.port}/v1/models"
        if not is_trusted:
            with pytest.raises(NotConnected):
                await connections.request("GET", url, {}, b"", connect_s=30)
            return
        answer = await connections.request("GET", url, {}, b"", connect_s=30)
        assert await answer.read() == BODY


@contextmanager
def saying_nothing() -> Iterator[int]:
    """The port of a listener whose queue is full: who connects gets no answer, as from a host that is gone."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_an_address_that_says_nothing_does_not_keep_a_call_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving() as seen, Connections() as connections:
        with saying_nothing() as silent:

            async def addresses(host: str, *_: object, **__: object) -> list[object]:
                assert host == "engines.test"
                tcp = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
                return [(*tcp, ("127.0.0.1", port)) for port in (silent, seen.port)]

            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", addresses)
            answer = await connections.request("POST", "http://engines.test/v1", {}, BODY, connect_s=60)
            assert await answer.read() == BODY
    assert seen.heads[0].startswith(b"POST /v1 HTTP/1.1\r\nHost: engines.test\r\n")


async def test_a_name_that_no_host_can_have_is_not_reached() -> None:
    async with Connections() as connections:
        with pytest.raises(NotConnected):
            await connections.request("POST", f"http://{'a' * 70}.test/v1", {}, BODY, connect_s=60)
