"""However the network cuts an engine's bytes, the client gets the same events."""

import pytest

from tests.gateway.conftest import Running
from tests.gateway.engine_answers import response_steps
from tests.gateway.scripted_engine import DONE, ScriptedEngine, Step, chunk

ANSWER = chunk("ก็ 👩‍👩‍👧") + b": ping\n\n" + chunk("नि\u2028") + DONE


async def _streamed(running: Running, path: str, **fields: object) -> bytes:
    body = {"model": "tiny", "stream": True, **fields}
    async with running.client.post(path, json=body) as response:
        assert response.status == 200
        return await response.read()


async def _chat(running: Running) -> bytes:
    return await _streamed(running, "/v1/chat/completions", messages=[{"role": "user", "content": "ไทย"}])


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
async def test_a_cut_at_any_byte_changes_nothing(
    running: Running, engine: ScriptedEngine, line_end: bytes
) -> None:
    sent = ANSWER.replace(b"\n", line_end)
    for position in range(1, len(sent)):
        # The pause keeps the two writes from being read as one.
        engine.steps = [sent[:position], 0.001, sent[position:]]
        assert await _chat(running) == ANSWER, position


@pytest.mark.parametrize(
    "sent",
    [
        ANSWER.replace(b"data: ", b"data:"),
        b"\xef\xbb\xbf" + ANSWER,
        ANSWER + chunk("después") + DONE,
        ANSWER.removesuffix(b"\n"),
        ANSWER.removesuffix(b"\n\n"),
        ANSWER.replace(b"data: ", b"data:").removesuffix(b"\n\n"),
    ],
    ids=["no spaces", "byte order mark", "more after the end", "no empty line", "no line end", "neither"],
)
async def test_other_habits_of_writing_the_same_make_no_difference(
    running: Running, engine: ScriptedEngine, sent: bytes
) -> None:
    engine.steps = [sent]
    assert await _chat(running) == ANSWER


async def test_byte_by_byte_comes_whole(running: Running, engine: ScriptedEngine) -> None:
    steps: list[Step] = []
    for byte in ANSWER:
        steps += [bytes([byte]), 0.0]
    engine.steps = steps
    assert await _chat(running) == ANSWER


async def test_named_events_of_the_responses_api_too(running: Running, engine: ScriptedEngine) -> None:
    whole = b"".join(step for step in response_steps("สวัส", "ดี") if isinstance(step, bytes))
    for position in range(1, len(whole), 7):
        engine.by_endpoint = {"responses": ([whole[:position], 0.001, whole[position:]], None)}
        assert await _streamed(running, "/v1/responses", input="ไทย") == whole, position


async def test_an_end_that_the_responses_api_does_not_have_is_left_out(
    running: Running, engine: ScriptedEngine
) -> None:
    whole = b"".join(step for step in response_steps("สวัส", "ดี") if isinstance(step, bytes))
    engine.by_endpoint = {"responses": ([whole + DONE], None)}
    assert await _streamed(running, "/v1/responses", input="ไทย") == whole
    explained = await _streamed(running, "/v1/responses", input="ไทย", dragoman={"explain": True})
    assert b'"engine_calls":[' in explained
    assert b'"error":{' not in explained


@pytest.mark.parametrize("end", [b"data: [DONE", b"data: [DONE]x", b"data: ", b": [DONE]\n"])
async def test_half_an_end_is_none(running: Running, engine: ScriptedEngine, end: bytes) -> None:
    engine.steps = [ANSWER.removesuffix(DONE) + end]
    assert b"ended before it was complete" in await _chat(running)
