"""Bodies that are too long, too slow, or ask for too much."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
import pytest

from gateway.settings import Limits, Settings
from routing.language import Detector
from tests.gateway.conftest import KEY, POLICY, Running, run_gateway
from tests.gateway.refused_requests import CHAT, GOOD, JSON, POSTS, refused
from tests.gateway.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.usefixtures("answering")


@pytest.fixture
async def strict(engine: ScriptedEngine, detector: Detector) -> AsyncIterator[Running]:
    limits = Limits(body_bytes=2_000, prompt_chars=100, choices=4, tokens=50)
    async with _limited(engine, detector, limits) as running:
        yield running


@pytest.fixture
async def hasty(engine: ScriptedEngine, detector: Detector) -> AsyncIterator[Running]:
    async with _limited(engine, detector, Limits(body_s=0.2)) as running:
        yield running


def _limited(
    engine: ScriptedEngine, detector: Detector, limits: Limits
) -> AbstractAsyncContextManager[Running]:
    return run_gateway(POLICY.format(url=engine.url), detector, Settings(api_key=KEY, limits=limits))


async def _chunks(*pieces: bytes, pause_s: float = 0.0) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(pause_s)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_huge_body_is_refused(strict: Running, path: str, chunked: bool) -> None:
    raw = b'{"model": "%s"}' % (b"x" * 3_000)
    data: Any = _chunks(raw[:1_500], raw[1_500:]) if chunked else raw
    async with strict.client.post(path, data=data, headers=JSON) as response:
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "request_too_large"


async def test_a_slow_body_is_not_waited_for(hasty: Running) -> None:
    slow = _chunks(b'{"model": ', b'"tiny", ', b'"messages": []}', pause_s=30)
    async with hasty.client.post(CHAT, data=slow, headers=JSON) as response:
        assert response.status == 408
        assert (await response.json())["error"]["code"] == "request_timeout"


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (CHAT, "n", 5),
        (CHAT, "max_tokens", 51),
        (CHAT, "max_completion_tokens", 51),
        ("/v1/completions", "n", 5),
        ("/v1/completions", "best_of", 5),
        ("/v1/completions", "max_tokens", 51),
        ("/v1/responses", "max_output_tokens", 51),
    ],
)
async def test_more_than_the_limit_is_refused_and_the_limit_itself_is_not(
    strict: Running, engine: ScriptedEngine, path: str, field: str, value: int
) -> None:
    status, error = await refused(strict, path, orjson.dumps({**GOOD[path], field: value}))
    assert (status, error["param"]) == (400, field)
    assert engine.requests == []
    async with strict.client.post(path, json={**GOOD[path], field: value - 1}) as response:
        assert response.status == 200


@pytest.mark.parametrize("path", GOOD)
async def test_a_prompt_that_is_too_long_is_refused_by_characters_not_bytes(
    strict: Running, path: str
) -> None:
    def body(length: int) -> dict[str, Any]:
        text = "字" * length
        if path == CHAT:
            return {"model": "tiny", "messages": [{"role": "user", "content": text}]}
        return {"model": "tiny", ("prompt" if "prompt" in GOOD[path] else "input"): text}

    assert (await refused(strict, path, orjson.dumps(body(101))))[1]["code"] == "context_length_exceeded"
    async with strict.client.post(path, json=body(100)) as response:
        assert response.status == 200
