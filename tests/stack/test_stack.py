"""The real stack: HAProxy, gateway replicas and a vLLM replica under Ray Serve, with the embedded model."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.stack.running_stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

MODEL = "smollm2-135m-instruct"

QUESTIONS = {
    "es": "¿Cuál es la capital de Italia y por qué es famosa?",
    "hi": "इटली की राजधानी क्या है और वह क्यों प्रसिद्ध है?",
    "ar": "ما هي عاصمة إيطاليا ولماذا هي مشهورة؟",
    "zh": "意大利的首都是哪里,为什么这座城市这么有名?",
    "th": "เมืองหลวงของประเทศอิตาลีคือเมืองอะไรและทำไมจึงมีชื่อเสียง",
    "en": "What is the capital of Italy, and why is it famous?",
}


@pytest.fixture
async def client(stack: RunningStack) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with aiohttp.ClientSession(stack.url, headers=headers) as client:
        yield client


@pytest.fixture
async def engine(stack: RunningStack) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {stack.engine_key}"}
    async with aiohttp.ClientSession(f"{stack.engine_url}/", headers=headers) as engine:
        yield engine


def _body(text: str, **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": MODEL, "messages": messages, "temperature": 0, "max_tokens": 24, **fields}


async def _text(response: aiohttp.ClientResponse) -> str:
    document = await response.json()
    assert response.status == 200, document
    return str(document["choices"][0]["message"]["content"])


@pytest.mark.parametrize("language", QUESTIONS)
async def test_the_gateway_changes_nothing_in_what_the_engine_says(
    client: aiohttp.ClientSession, engine: aiohttp.ClientSession, language: str
) -> None:
    body = _body(QUESTIONS[language])
    async with client.post("/v1/chat/completions", json=body) as response:
        through = await _text(response)
        assert response.headers["x-dragoman-language"].split("-")[0] == language
    async with engine.post("v1/chat/completions", json=body) as response:
        straight = await _text(response)
    assert through == straight
    assert straight.strip()


async def test_our_sampler_draws_every_token_though_the_policy_asks_for_none(
    stack: RunningStack, client: aiohttp.ClientSession, engine: aiohttp.ClientSession
) -> None:
    assert "additional_config" not in stack.policy_path.read_text(encoding="utf-8")
    async with client.post("/v1/chat/completions", json=_body(QUESTIONS["hi"], temperature=1)) as response:
        assert await _text(response)
    async with engine.get("metrics") as response:
        lines = (await response.text()).splitlines()
    drawn = dict(line.split() for line in lines if line.startswith("dragoman_sampled_rows_total{"))
    assert float(drawn['dragoman_sampled_rows_total{sampler="kernel"}']) > 0
    assert float(drawn['dragoman_sampled_rows_total{sampler="vllm"}']) == 0


async def test_a_response_has_one_request_id(client: aiohttp.ClientSession) -> None:
    async with client.get("/health") as response:
        assert len(response.headers.getall("x-request-id")) == 1
    async with client.get("/health", headers={"x-request-id": "mine-1"}) as response:
        assert response.headers.getall("x-request-id") == ["mine-1"]


async def test_the_engine_answers_on_no_path_without_its_key(
    stack: RunningStack, engine: aiohttp.ClientSession, client: aiohttp.ClientSession
) -> None:
    async with engine.get("openapi.json") as response:
        paths = set((await response.json())["paths"])
    assert {"/v1/chat/completions", "/tokenize", "/invocations", "/metrics", "/health"} <= paths | {
        "/metrics"
    }
    async with aiohttp.ClientSession(f"{stack.engine_url}/") as nobody:
        for path in [*paths, "/metrics", "/docs", "/openapi.json", "/", "/nowhere"]:
            for session, method in ((nobody, "GET"), (nobody, "POST"), (client, "GET")):
                url = f"{stack.engine_url}{path}"
                async with session.request(method, url) as response:
                    assert response.status == 401, (method, path)


async def test_both_gateway_replicas_serve_and_their_counters_add_up(client: aiohttp.ClientSession) -> None:
    before = await _requests_counted(client)
    for _ in range(6):
        async with client.post("/v1/chat/completions", json=_body("नमस्ते", max_tokens=1)) as response:
            await _text(response)
    # A request is counted when its last byte is sent, which may be after it was read.
    async with asyncio.timeout(60):
        while await _requests_counted(client) < before + 6:
            await asyncio.sleep(0.05)
    # Whichever replica is asked gives the sum.
    assert {await _requests_counted(client) - before for _ in range(6)} == {6.0}


async def _requests_counted(client: aiohttp.ClientSession) -> float:
    async with client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    counted = [
        line for line in lines if line.startswith("dragoman_requests_total{") and '"chat/completions"' in line
    ]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_dropped_client_ends_vllms_work(
    client: aiohttp.ClientSession, engine: aiohttp.ClientSession, streamed: bool
) -> None:
    body = _body("اكتب قصة طويلة جدا عن البحر.", max_tokens=1500, stream=streamed, ignore_eos=True)
    before = await _engine_metric(engine, "vllm:generation_tokens_total")
    request = asyncio.create_task(_read_all(client, body))
    await _wait_until(engine, running=1)
    request.cancel()
    await asyncio.wait([request])
    await _wait_until(engine, running=0)
    # However slow the machine is: all 1,500 would have been written, had it not been ended.
    assert await _engine_metric(engine, "vllm:generation_tokens_total") - before < 1500


async def _read_all(client: aiohttp.ClientSession, body: dict[str, Any]) -> None:
    async with client.post("/v1/chat/completions", json=body) as response:
        await response.read()


async def _wait_until(engine: aiohttp.ClientSession, *, running: int) -> None:
    while True:
        if await _engine_metric(engine, "vllm:num_requests_running") == running:
            return
        await asyncio.sleep(0.02)


async def _engine_metric(engine: aiohttp.ClientSession, name: str) -> float:
    async with engine.get("metrics") as response:
        lines = (await response.text()).splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name}{{")]
    return float(line.rsplit(" ", 1)[1])


async def test_a_new_policy_reaches_all_replicas_and_no_request_is_dropped(
    stack: RunningStack, client: aiohttp.ClientSession
) -> None:
    old = stack.policy_path.read_text(encoding="utf-8")
    body = _body("Xin chào, bạn khỏe không?", max_tokens=300, ignore_eos=True, stream=True)
    in_flight = asyncio.create_task(_streamed_events(client, body))
    try:
        stack.policy_path.write_text(f"{old}\ngroups:\n  南亜: [hi, ta, bn]\n", encoding="utf-8")
        os.kill(stack.process.pid, signal.SIGHUP)
        await _wait_for_groups(client, {"南亜": ["hi", "ta", "bn"]})
        assert (await in_flight)[-1] == b"data: [DONE]"
        stack.policy_path.write_text("version: 1\nengines: nonsense\n", encoding="utf-8")
        os.kill(stack.process.pid, signal.SIGHUP)
        await asyncio.sleep(1)
        await _wait_for_groups(client, {"南亜": ["hi", "ta", "bn"]})
    finally:
        stack.policy_path.write_text(old, encoding="utf-8")
        os.kill(stack.process.pid, signal.SIGHUP)
    await _wait_for_groups(client, {})


async def _streamed_events(client: aiohttp.ClientSession, body: dict[str, Any]) -> list[bytes]:
    async with client.post("/v1/chat/completions", json=body) as response:
        return [line.strip() async for line in response.content if line.strip()]


async def _wait_for_groups(client: aiohttp.ClientSession, groups: dict[str, list[str]]) -> None:
    """Waits until ten answers in a row, from whichever replica, have the policy."""
    in_a_row = 0
    while in_a_row < 10:
        async with client.get("/v1/dragoman/policy") as response:
            assert response.status == 200
            in_a_row = in_a_row + 1 if (await response.json())["groups"] == groups else 0
        await asyncio.sleep(0.02)
