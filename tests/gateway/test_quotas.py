"""Keys' limits in tokens over HTTP: equal for every language, told in headers, and not to be talked around."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from routing.language import Detector
from tests.gateway.conftest import POLICY, Running, run_gateway
from tests.gateway.scripted_engine import HANG, ScriptedEngine, chat_document, chunk

KEYS = """
version: 1
fertility: {{my: 6, sw: 2}}
keys:
- {{name: limited, sha256: {limited}, limits: {limits}}}
- {{name: other, sha256: {other}}}
"""
ENGLISH = "Good morning, could you tell me the way to the nearest station, please?"
BURMESE = "မင်္ဂလာပါ၊ အနီးဆုံးဘူတာရုံကို ဘယ်လိုသွားရမလဲ ပြောပြပေးပါ။"
SWAHILI = "Habari ya asubuhi, tafadhali niambie njia ya kwenda kituo cha treni kilicho karibu."


@asynccontextmanager
async def gateway(
    folder: Path, engine: ScriptedEngine, detector: Detector, limits: str
) -> AsyncIterator[Running]:
    hashes = {name: sha256(name.encode()).hexdigest() for name in ("limited", "other")}
    path = folder / "keys.yaml"
    path.write_text(KEYS.format(limits=limits, **hashes), "utf-8")
    settings = Settings(keys_path=path)
    async with run_gateway(POLICY.format(url=engine.url), detector, settings) as running:
        yield running


def answers_with(engine: ScriptedEngine, tokens: int) -> None:
    engine.document = chat_document("ဟုတ်ကဲ့")
    engine.document["usage"] = {"prompt_tokens": tokens // 2, "completion_tokens": tokens - tokens // 2}


async def ask(
    running: Running, text: str, key: str = "limited", **fields: Any
) -> tuple[int, Mapping[str, str]]:
    body = {"model": "tiny", "messages": [{"role": "user", "content": text}], **fields}
    headers = {"Authorization": f"Bearer {key}"}
    async with running.client.post("/v1/chat/completions", json=body, headers=headers) as response:
        await response.read()
        return response.status, response.headers


async def _status(running: Running, path: str, body: AsyncIterator[bytes], headers: dict[str, str]) -> int:
    async with running.client.post(path, data=body, headers=headers) as response:
        return response.status


async def answers(running: Running, text: str, **fields: Any) -> int:
    """How many a key gets in one go."""
    for count in range(100):
        status, _ = await ask(running, text, **fields)
        if status == 429:
            return count
    return 100


@pytest.mark.parametrize(("text", "tokens"), [(ENGLISH, 100), (BURMESE, 600), (SWAHILI, 200)])
async def test_each_language_gets_as_many_answers(
    engine: ScriptedEngine, detector: Detector, tmp_path: Path, text: str, tokens: int
) -> None:
    answers_with(engine, tokens)
    async with gateway(tmp_path, engine, detector, "{tokens_per_day: 950}") as running:
        assert await answers(running, text) == 10
        status, headers = await ask(running, text)
        assert status == 429
        # 51 are missing; what came back while the test ran shortens the wait by as long.
        assert -60 < int(headers["retry-after"]) - 51 * 86_400 / 950 < 2
        assert (await ask(running, text, key="other"))[0] == 200


async def test_a_language_that_is_only_claimed_buys_nothing(
    engine: ScriptedEngine, detector: Detector, tmp_path: Path
) -> None:
    answers_with(engine, 600)
    async with gateway(tmp_path, engine, detector, "{tokens_per_day: 950}") as running:
        assert await answers(running, ENGLISH, dragoman={"language": "my"}) == 2
    async with gateway(tmp_path, engine, detector, "{tokens_per_day: 950}") as running:
        assert await answers(running, BURMESE, dragoman={"language": "my"}) == 10


async def test_headers_say_what_is_left(engine: ScriptedEngine, detector: Detector, tmp_path: Path) -> None:
    answers_with(engine, 600)
    limits = "{requests_per_minute: 30, tokens_per_minute: 1000, tokens_per_day: 100000}"
    async with gateway(tmp_path, engine, detector, limits) as running:
        _, first = await ask(running, BURMESE)
        _, second = await ask(running, BURMESE)
        _, unlimited = await ask(running, BURMESE, key="other")
        async with running.client.get("/health") as response:
            assert not any(name.startswith("x-ratelimit") for name in response.headers)
    assert [first[f"x-ratelimit-limit-{unit}"] for unit in ("requests", "tokens")] == ["30", "1000"]
    assert [first[f"x-ratelimit-remaining-{unit}"] for unit in ("requests", "tokens")] == ["29", "1000"]
    assert first["x-ratelimit-reset-requests"] in ("0s", "1s", "2s")
    # 100 are gone, and 17 come back in a second; by the fourth the test may not have come so far.
    assert 890 <= int(second["x-ratelimit-remaining-tokens"]) < 1000
    assert not any(name.startswith("x-ratelimit") for name in unlimited)


async def test_a_client_that_leaves_is_charged_for_what_came_and_for_its_prompt(
    engine: ScriptedEngine, detector: Detector, tmp_path: Path
) -> None:
    engine.steps = [*(chunk("good ") for _ in range(40)), HANG]
    async with gateway(tmp_path, engine, detector, "{tokens_per_day: 100}") as running:
        body = {"model": "tiny", "stream": True, "messages": [{"role": "user", "content": ENGLISH}]}
        headers = {"Authorization": "Bearer limited"}
        async with running.client.post("/v1/chat/completions", json=body, headers=headers) as response:
            for _ in range(40):
                await response.content.readuntil(b"\n\n")
        async with asyncio.timeout(30):
            while engine.working:
                await asyncio.sleep(0.01)
        engine.steps = []
        answers_with(engine, 1)
        _, told = await ask(running, ENGLISH)
    left = 60 - len(ENGLISH) / 4
    assert left - 1 <= int(told["x-ratelimit-remaining-tokens"]) <= left + 1


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/dragoman/detect", "/v1/dragoman/explain"])
async def test_a_body_that_is_still_coming_is_a_request_at_a_time(
    engine: ScriptedEngine, detector: Detector, tmp_path: Path, path: str
) -> None:
    async def slow_body() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        await asyncio.Event().wait()

    async with gateway(tmp_path, engine, detector, "{concurrent_requests: 1}") as running:
        headers = {"Authorization": "Bearer limited", "Content-Type": "application/json"}
        sending = asyncio.create_task(_status(running, path, slow_body(), headers))
        usage = running.gateway.keys._usages["limited"]
        async with asyncio.timeout(60):
            while not usage.inflight:
                await asyncio.sleep(0.005)
        status, _ = await ask(running, ENGLISH)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        async with asyncio.timeout(60):
            while usage.inflight:
                await asyncio.sleep(0.005)
    assert status == 429


@pytest.mark.parametrize("path", ["/v1/dragoman/detect", "/v1/dragoman/explain"])
async def test_the_gateways_own_paths_count_as_requests_too(
    engine: ScriptedEngine, detector: Detector, tmp_path: Path, path: str
) -> None:
    async with gateway(tmp_path, engine, detector, "{requests_per_minute: 2}") as running:
        statuses = []
        for _ in range(3):
            async with running.client.post(
                path, json={"text": SWAHILI}, headers={"Authorization": "Bearer limited"}
            ) as response:
                statuses.append(response.status)
    assert statuses[:2] == ([200] * 2 if path.endswith("detect") else [400] * 2)
    assert statuses[2] == 429
