"""What clients see when vLLM is killed in the middle of its work, and how service comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import orjson
import psutil
import pytest

from tests.stack.running_stack import RunningStack, marked_processes

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

ASK = {
    "model": "smollm2-135m-instruct",
    "messages": [{"role": "user", "content": "Расскажи длинную сказку о море и о ветре."}],
    "temperature": 0,
}
LONG = {**ASK, "stream": True, "max_tokens": 1500, "ignore_eos": True}
BACK_WITHIN_S = 180.0


@pytest.fixture
async def client(stack: RunningStack) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with aiohttp.ClientSession(stack.url, headers=headers) as client:
        yield client


def _engine_core(process: psutil.Process) -> bool:
    return "EngineCore" in " ".join(process.cmdline())


def _replica(process: psutil.Process) -> bool:
    return "EngineReplica" in " ".join(process.cmdline())


@pytest.mark.parametrize("victim", [_engine_core, _replica])
async def test_an_engine_killed_in_mid_stream_is_an_error_event_and_service_resumes(
    stack: RunningStack, client: aiohttp.ClientSession, victim: Callable[[psutil.Process], bool]
) -> None:
    async with client.post("/v1/chat/completions", json=LONG) as response:
        assert response.status == 200
        await response.content.readuntil(b"\n\n")
        for process in marked_processes(stack.mark):
            if victim(process):
                process.kill()
        rest = await response.read()
    *_, last, end = rest.split(b"\n\n")
    error = orjson.loads(last.removeprefix(b"data: "))["error"]
    assert error["type"] == "engine_error"
    assert end == b""
    assert b"[DONE]" not in rest
    await _until_it_answers(client)


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
    async with client.post("/v1/chat/completions", json=body, timeout=aiohttp.ClientTimeout(150)) as response:
        return response.status, await response.json()
