"""The record of a request: what is logged, and what must never be."""

import asyncio
import json
import logging

import pytest
from starlette.types import Receive, Scope, Send

from gateway.metrics import Metrics
from gateway.observe import Observe
from tests.gateway.conftest import Running
from tests.gateway.scripted_engine import ScriptedEngine

SECRETS = ("mi contraseña es hunter2", "पासवर्ड", "answer-text-هاتف")


async def access_lines(capfd: pytest.CaptureFixture[str], running: Running) -> list[str]:
    """The lines so far. A request's own is written after its client has the answer, so another one is awaited."""
    async with running.client.get("/health") as response:
        await response.read()
    written = ""
    while '"/health"' not in written:
        await asyncio.sleep(0.01)
        written += capfd.readouterr().err
    return [line for line in written.splitlines() if '"/health"' not in line]


async def test_the_access_log_has_facts_and_no_content(
    running: Running,
    engine: ScriptedEngine,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    engine.says(SECRETS[2])
    ask = {"model": "tiny", "messages": [{"role": "user", "content": " ".join(SECRETS[:2])}]}
    with caplog.at_level(logging.DEBUG):
        async with running.client.post("/v1/chat/completions", json=ask) as response:
            await response.read()
    written = await access_lines(capfd, running)
    entries = [json.loads(line) for line in written]
    assert entries[0]["status"] == 200
    assert entries[0]["key"] == "environment"
    assert entries[0]["prompt_tokens"] == 7
    assert 0 < entries[0]["gateway_seconds"] < entries[0]["seconds"]
    for secret in SECRETS:
        assert secret not in caplog.text
        assert secret not in "".join(written)


async def test_a_failure_that_nobody_expected_is_a_500_without_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent = []

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("of the prompt")

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await Observe(fails, Metrics(), writes_access_log=False)(scope, None, send)  # type: ignore[arg-type]
    start, body = sent
    assert start["status"] == 500  # type: ignore[index]
    assert b"internal_error" in body["body"]  # type: ignore[index]
    assert b"ZeroDivision" not in body["body"]  # type: ignore[index]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_what_an_engine_says_of_the_prompt_is_in_no_log(
    running: Running,
    engine: ScriptedEngine,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    status: int,
) -> None:
    engine.status = status
    engine.document = {"error": {"message": f"cannot render {SECRETS[1]}\n2026-01-01 00:00:00 ERROR forged"}}
    ask = {"model": "tiny", "messages": [{"role": "user", "content": SECRETS[1]}]}
    async with running.client.post("/v1/chat/completions", json=ask) as response:
        assert SECRETS[1] in await response.text()
    logged = caplog.text + "".join(await access_lines(capfd, running))
    assert SECRETS[1] not in logged
    assert "forged" not in logged


async def test_line_breaks_in_a_path_cannot_forge_log_lines(
    running: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running.client.get('/x%0a{"status": 200}') as response:
        assert response.status == 404
    (line,) = await access_lines(capfd, running)
    assert json.loads(line)["path"] == '/x\n{"status": 200}'
