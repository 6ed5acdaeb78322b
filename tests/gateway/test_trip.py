"""One request's trip, over real HTTP, in front of an engine that says what the test tells it to."""

import asyncio
import time

import orjson
import pytest

from tests.gateway.conftest import Running
from tests.gateway.scripted_engine import CUT, DONE, HANG, ScriptedEngine, chunk

HELLO = {
    "es": "¿Cuál es la capital de Perú y por qué es famosa?",
    "hi": "भारत की राजधानी क्या है?",
    "ar": "ما هي عاصمة مصر؟",
    "zh": "中国的首都是哪里？",
    "th": "เมืองหลวงของประเทศไทยคืออะไร",
    "en": "What is the capital of Peru and why is it famous?",
}


def ask(text: str, **fields: object) -> dict[str, object]:
    return {"model": "tiny", "messages": [{"role": "user", "content": text}], **fields}


@pytest.mark.parametrize(("language", "text"), HELLO.items())
async def test_an_answer_says_which_language_was_detected(
    running: Running, engine: ScriptedEngine, language: str, text: str
) -> None:
    engine.says("答え 👩‍👩‍👧 नमस्ते")
    async with running.client.post("/v1/chat/completions", json=ask(text)) as response:
        assert response.status == 200
        assert response.headers["x-dragoman-language"].split("-")[0] == language
        assert response.headers["x-dragoman-strategy"] == "direct"
        assert response.headers["x-dragoman-engine-calls"] == "1"
        assert await response.read() == orjson.dumps(engine.document)
    assert engine.requests == [ask(text)]


async def test_a_stream_passes_through_byte_for_byte(running: Running, engine: ScriptedEngine) -> None:
    engine.says("नम", "स्", "ते", "สวัส", "ดี", usage=False)
    async with running.client.post("/v1/chat/completions", json=ask("नमस्ते", stream=True)) as response:
        assert response.content_type == "text/event-stream"
        assert await response.read() == b"".join(step for step in engine.steps if isinstance(step, bytes))
    assert engine.requests[0]["stream_options"] == {"include_usage": True}


async def test_the_usage_chunk_reaches_only_who_asked_for_it(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("مرحبا")
    async with running.client.post("/v1/chat/completions", json=ask("مرحبا", stream=True)) as response:
        assert b'"usage"' not in await response.read()
    asked = ask("مرحبا", stream=True, stream_options={"include_usage": True})
    async with running.client.post("/v1/chat/completions", json=asked) as response:
        assert b'"usage":{"prompt_tokens":7' in await response.read()


async def test_a_block_cut_inside_a_grapheme_arrives_whole(running: Running, engine: ScriptedEngine) -> None:
    event = chunk("👩‍👩‍👧 ขอบคุณ")
    engine.steps = [event[:70], 0.02, event[70:131], 0.02, event[131:132], 0.02, event[132:], DONE]
    async with running.client.post("/v1/chat/completions", json=ask("hi", stream=True)) as response:
        assert await response.read() == event + DONE


async def test_an_explanation_comes_in_the_body_where_it_is_asked_for(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("pong")
    asked = ask("¿Qué hora es en Lima ahora mismo?", dragoman={"explain": True})
    async with running.client.post("/v1/chat/completions", json=asked) as response:
        told = (await response.json())["dragoman"]
    assert told["language"] == "es"
    assert told["rule"] == "default"
    assert told["strategy"]["kind"] == "direct"
    assert [call["outcome"] for call in told["engine_calls"]] == ["ok"]
    assert told["engine_calls"][0]["prompt_tokens"] == 7
    assert "dragoman" not in engine.requests[0]


async def test_a_streamed_explanation_comes_before_the_end(running: Running, engine: ScriptedEngine) -> None:
    engine.says("pong")
    asked = ask("ping", stream=True, dragoman={"explain": True, "language": "sw"})
    async with running.client.post("/v1/chat/completions", json=asked) as response:
        events = (await response.read()).split(b"\n\n")
    assert events[-2:] == [DONE.strip(), b""]
    told = orjson.loads(events[-3].removeprefix(b"data: "))
    assert told["choices"] == []
    assert told["dragoman"]["language"] == "sw"
    assert told["dragoman"]["engine_calls"][0]["completion_tokens"] == 3


async def test_an_engine_cut_in_mid_stream_gives_an_error_event_and_no_done(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.steps = [chunk("Привет"), 0.05, CUT]
    async with running.client.post("/v1/chat/completions", json=ask("Привет", stream=True)) as response:
        assert response.status == 200
        *answer, error, end = (await response.read()).split(b"\n\n")
    assert answer == [chunk("Привет").strip()]
    assert orjson.loads(error.removeprefix(b"data: "))["error"]["code"] == "engine_error"
    assert end == b""


async def test_an_answer_that_ends_without_done_is_an_error(running: Running, engine: ScriptedEngine) -> None:
    engine.steps = [chunk("Привет")]
    async with running.client.post("/v1/chat/completions", json=ask("Привет", stream=True)) as response:
        body = await response.read()
    assert b'"error"' in body
    assert b"[DONE]" not in body


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([b'data: {"error": {"message": "too long", "code": 400}}\n\n', DONE], 400),
        ([b'data: {"error": {"message": "oom", "code": 500}}\n\n', DONE], 502),
        ([CUT], 502),
        ([], 502),
    ],
)
async def test_an_error_before_the_first_chunk_is_a_status(
    running: Running, engine: ScriptedEngine, steps: list[bytes | str], status: int
) -> None:
    engine.steps = steps
    async with running.client.post("/v1/chat/completions", json=ask("hi", stream=True)) as response:
        assert response.status == status
        assert (await response.json())["error"]["message"]


async def test_an_event_that_never_ends_is_an_error_and_not_a_full_memory(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.steps = [chunk("Привет"), *([b"data: " + b"x" * 2**20] * 40), HANG]
    async with running.client.post("/v1/chat/completions", json=ask("Привет", stream=True)) as response:
        body = await response.read()
    assert body.startswith(chunk("Привет"))
    assert b"without an end" in body
    assert b"[DONE]" not in body
    await _until(lambda: engine.aborted == 1)


async def test_an_error_event_after_the_first_chunk_stays_an_event(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.steps = [
        chunk('say "error"') + b'data: {"error": {"message": "oom", "code": 500}}\n\n',
        DONE,
    ]
    async with running.client.post("/v1/chat/completions", json=ask("hi", stream=True)) as response:
        body = await response.read()
    assert body.startswith(chunk('say "error"'))
    assert b"oom" in body
    assert b"[DONE]" not in body


@pytest.mark.parametrize(
    ("status", "document", "passed_on", "message"),
    [
        (400, {"error": {"message": "bad temperature", "param": "temperature"}}, 400, "bad temperature"),
        (404, {"detail": "Not Found"}, 404, "does not have this endpoint"),
        (401, {"error": "Unauthorized"}, 502, "gateway's key"),
        (500, b"<html>", 502, "status 500"),
        (503, {"error": {"message": "loading"}}, 503, "loading"),
    ],
)
async def test_an_engines_refusal_is_passed_on_or_translated(
    running: Running, engine: ScriptedEngine, status: int, document: object, passed_on: int, message: str
) -> None:
    engine.status, engine.document = status, document
    async with running.client.post("/v1/chat/completions", json=ask("hi")) as response:
        assert response.status == passed_on
        assert message in (await response.json())["error"]["message"]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("begun", [True, False])
async def test_a_client_that_leaves_aborts_the_engine_within_100_ms(
    running: Running, engine: ScriptedEngine, stream: bool, begun: bool
) -> None:
    engine.steps = [chunk("one"), HANG] if begun else [HANG]
    took_s: list[float] = []
    while not took_s or (took_s[-1] > 0.1 and len(took_s) < 20):  # a busy machine may hold up any one of them
        took_s.append(await _abort_s(running, engine, stream=stream, begun=begun))
    assert took_s[-1] < 0.1, took_s


async def _abort_s(running: Running, engine: ScriptedEngine, *, stream: bool, begun: bool) -> float:
    """How long the engine goes on for a client that leaves."""
    engine.aborted = 0
    request = asyncio.ensure_future(
        running.client.post("/v1/chat/completions", json=ask("hi", stream=stream))
    )
    await _until(lambda: engine.working == 1)
    if stream and begun:
        response = await request
        assert await response.content.readany() == chunk("one")
        response.close()
    else:
        request.cancel()
    left = time.monotonic()
    await _until(lambda: engine.aborted == 1)
    took_s = time.monotonic() - left
    await _until(lambda: running.gateway.admission.inflight == 0)
    return took_s


async def test_a_request_id_is_kept_or_made_on_every_response(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("ok")
    mine = {"x-request-id": "my-id.1"}
    async with running.client.post("/v1/chat/completions", json=ask("hi"), headers=mine) as response:
        assert response.headers["x-request-id"] == "my-id.1"
    assert engine.headers[0]["x-request-id"] == "my-id.1"
    for bad in ({}, {"x-request-id": "é" * 3}, {"x-request-id": "a" * 129}):
        async with running.client.get("/nowhere", headers=bad) as response:
            assert response.status == 404
            assert len(response.headers["x-request-id"]) == 32


async def _until(condition: object, within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.001)
