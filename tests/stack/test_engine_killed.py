"""What clients see when vLLM is killed in the middle of its work, and how service comes back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import psutil
import pytest

from tests.stack.running_stack import RunningStack, command_line, marked_processes

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ASK = {
    "model": "smollm2-135m-instruct",
    "messages": [{"role": "user", "content": "Расскажи длинную сказку о море и о ветре."}],
    "temperature": 0,
}
LONG = {**ASK, "stream": True, "max_tokens": 1500, "ignore_eos": True}
BACK_WITHIN_S = 600.0


@pytest.fixture
async def client(stack: RunningStack) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with aiohttp.ClientSession(stack.url, headers=headers) as client:
        yield client


@pytest.mark.parametrize("victim", ["EngineCore", "EngineReplica"])
async def test_an_engine_killed_in_mid_stream_is_an_error_event_and_service_resumes(
    stack: RunningStack, client: aiohttp.ClientSession, victim: str
) -> None:
    async with client.post("/v1/chat/completions", json=LONG) as response:
        assert response.status == 200
        await response.content.readuntil(b"\n\n")
        _kill(stack, victim)
        rest = await response.read()
    *_, last, end = rest.split(b"\n\n")
    error = orjson.loads(last.removeprefix(b"data: "))["error"]
    assert error["type"] == "engine_error"
    assert end == b""
    assert b"[DONE]" not in rest
    await _until_it_answers(client)


def _kill(stack: RunningStack, name: str) -> None:
    victims = [process for process in marked_processes(stack.mark) if name in command_line(process)]
    assert victims
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):  # the end of one may be the end of another
            victim.kill()


async def _until_it_answers(client: aiohttp.ClientSession) -> None:
    """Until then a request gets an honest status, or waits for the next replica, which Ray starts at once."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while True:
            status, document = await _ask(client)
            if status == 200:
                assert document["choices"][0]["message"]["content"]
                return
            assert status in (502, 503), document
            assert document["error"]["type"] == "engine_error"
            await asyncio.sleep(1)


async def _ask(client: aiohttp.ClientSession) -> tuple[int, dict[str, Any]]:
    body = {**ASK, "max_tokens": 5}
    async with client.post(
        "/v1/chat/completions", json=body, timeout=aiohttp.ClientTimeout(BACK_WITHIN_S)
    ) as response:
        return response.status, await response.json()
