"""Requests whose end two parsers could see in two places: refused, so that nothing hides in a body."""

import asyncio
from urllib.parse import urlsplit

import orjson
import pytest

from tests.gateway.conftest import KEY, Running
from tests.gateway.scripted_engine import ScriptedEngine

BODY = orjson.dumps({"model": "tiny", "messages": [{"role": "user", "content": "ສະບາຍດີ, ኣፈጓዒ"}]})
HEAD = (
    f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
    "content-type: application/json\r\n"
)
LENGTH = f"content-length: {len(BODY)}\r\n"
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


async def status(running: Running, headers: str, body: bytes) -> int:
    address = urlsplit(running.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write((HEAD + headers + "\r\n").encode() + body)
    async with asyncio.timeout(30):
        line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (LENGTH * 2, BODY),
        (LENGTH + "content-length: 3\r\n", BODY),
        (LENGTH + "transfer-encoding: chunked\r\n", CHUNKED),
        ("transfer-encoding: xchunked\r\n", CHUNKED),
        (f"content-length: +{len(BODY)}\r\n", BODY),
        (f"content-length : {len(BODY)}\r\n", BODY),
        (f"x: a\r\n b\r\n{LENGTH}", BODY),
    ],
)
async def test_a_request_with_two_ends_is_refused(
    running: Running, engine: ScriptedEngine, headers: str, body: bytes
) -> None:
    engine.says("ສະບາຍດີ")
    assert await status(running, headers, body) == 400
    assert engine.requests == []


@pytest.mark.parametrize(("headers", "body"), [(LENGTH, BODY), ("transfer-encoding: chunked\r\n", CHUNKED)])
async def test_one_with_one_end_is_not(
    running: Running, engine: ScriptedEngine, headers: str, body: bytes
) -> None:
    engine.says("ສະບາຍດີ")
    assert await status(running, headers, body) == 200


@pytest.mark.parametrize(
    "host", ["x/health", "x/health?", "x/health#", "[::1]/metrics?a=", "x:80/v1/../health?"]
)
async def test_a_host_that_looks_like_an_open_path_opens_none(
    running: Running, engine: ScriptedEngine, host: str
) -> None:
    address = urlsplit(running.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\n{LENGTH}\r\n".encode() + BODY)
    async with asyncio.timeout(30):
        line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert line.split()[1] in {b"400", b"401"}
    assert engine.requests == []
