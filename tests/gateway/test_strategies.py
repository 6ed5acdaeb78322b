"""Strategies over HTTP: what a client sees of hidden calls, of waiting, of failures, and what its leaving ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from gateway.settings import Settings
from routing.events import DONE, event_json, events
from routing.language import Detector
from tests.gateway.conftest import KEY, POLICY, Running, run_gateway
from tests.gateway.scripted_engine import HANG, USAGE_EVENT, ScriptedEngine, Step, chat_document, chunk
from tests.routing.in_english import in_english

QUESTION = "Je, mji mkuu wa nchi ya Kenya ni upi, na una wakazi wangapi?"
SELF_TRANSLATE = "\ndefault: {kind: self_translate, skip: []}\n"
ATTEMPT = "\ndefault: {kind: attempt, inner: {kind: self_translate, skip: []}, otherwise: [{kind: direct}]}\n"


def answer(*texts: str, pause_s: float = 0.0) -> tuple[Sequence[Step], Any]:
    """A streamed answer of these pieces, and the same as a document."""
    pieces: list[Step] = []
    for text in texts:
        pieces += [chunk(text), pause_s] if pause_s else [chunk(text)]
    return [*pieces, chunk("", "stop"), USAGE_EVENT, DONE], chat_document("".join(texts))


def translating(body: dict[str, Any]) -> tuple[Sequence[Step], Any]:
    """Translators put the question into English and give back all else; the pivot answer has two paragraphs."""
    if "translator" in body["messages"][0]["content"]:
        return answer(in_english(body["messages"][-1]["content"], only=QUESTION))
    return answer("Nairobi.\n", "\nFour million.")


@asynccontextmanager
async def gateway(
    engine: ScriptedEngine, detector: Detector, strategy: str, keep_alive_s: float = 10.0
) -> AsyncIterator[Running]:
    settings = Settings(api_key=KEY, keep_alive_s=keep_alive_s)
    async with run_gateway(POLICY.format(url=engine.url) + strategy, detector, settings) as running:
        yield running


def asked(**fields: Any) -> dict[str, Any]:
    return {"model": "tiny", "messages": [{"role": "user", "content": QUESTION}], **fields}


async def test_headers_usage_and_explanation_tell_of_every_hidden_call(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.reply = translating
    async with gateway(engine, detector, SELF_TRANSLATE) as running:
        body = asked(dragoman={"explain": True})
        async with running.client.post("/v1/chat/completions", json=body) as response:
            document = await response.json()
        exposition = running.gateway.metrics.exposition().decode()
    assert document["choices"][0]["message"]["content"] == "Nairobi.\n\nFour million."
    assert response.headers["x-dragoman-strategy"] == "self_translate"
    assert response.headers["x-dragoman-engine-calls"] == "4"
    purposes = ["translate_request", "pivot", "translate_answer", "translate_answer"]
    assert [call["purpose"] for call in document["usage"]["dragoman"]] == purposes
    assert document["usage"]["total_tokens"] == 40
    assert [call["purpose"] for call in document["dragoman"]["engine_calls"]] == purposes
    hidden = response.headers["x-dragoman-hidden-calls"].split(", ")
    assert [call.split(";")[0] for call in hidden] == purposes
    assert all("tokens=10" in call and "outcome=ok" in call for call in hidden)
    for purpose, count in (("translate_request", 1), ("pivot", 1), ("translate_answer", 2)):
        labels = f'{{purpose="{purpose}",strategy="self_translate"}}'
        assert f"dragoman_strategy_hidden_calls_total{labels} {count}.0" in exposition
        assert f"dragoman_strategy_hidden_tokens_total{labels} {10 * count}.0" in exposition


async def test_a_skipped_strategy_is_told_in_header_and_explanation(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.says("Berlin.")
    async with gateway(engine, detector, "\ndefault: {kind: self_translate}\n") as running:
        body = asked(dragoman={"explain": True, "language": "de"})
        async with running.client.post("/v1/chat/completions", json=body) as response:
            document = await response.json()
        exposition = running.gateway.metrics.exposition().decode()
    assert response.headers["x-dragoman-skipped"] == "self_translate=high_resource"
    assert {"note": "skipped", "strategy": "self_translate", "reason": "high_resource"} in document[
        "dragoman"
    ]["notes"]
    assert (
        'dragoman_strategy_skipped_total{reason="high_resource",strategy="self_translate"} 1.0' in exposition
    )


async def test_a_rule_for_forms_does_not_take_a_request_for_text(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.says("Nairobi.")
    rule = "\nrules: [{name: forms, when: {response_format: true}, strategy: {kind: direct}}]\n"
    async with gateway(engine, detector, rule) as running:
        for kind, name in (("text", "default"), ("json_object", "forms")):
            body = asked(response_format={"type": kind}, dragoman={"explain": True})
            async with running.client.post("/v1/chat/completions", json=body) as response:
                assert (await response.json())["dragoman"]["rule"] == name


async def test_usage_counts_the_answers_that_a_contract_gave_up(
    engine: ScriptedEngine, detector: Detector
) -> None:
    english = "Nairobi is the capital of Kenya, and more than four million people live there today."

    def reply(body: dict[str, Any]) -> tuple[Sequence[Step], Any]:
        if "translator" in body["messages"][0]["content"]:
            return answer(body["messages"][-1]["content"])
        return answer(english)

    engine.reply = reply
    async with gateway(engine, detector, "\ncontract: {level: retry}\n") as running:
        async with running.client.post("/v1/chat/completions", json=asked()) as response:
            usage = (await response.json())["usage"]
    given_up, translated, translating = usage["dragoman"]
    assert [given_up["purpose"], translated["purpose"], translating["purpose"]] == [
        "answer", "answer", "translate_answer",
    ]  # fmt: skip
    for name in ("prompt_tokens", "completion_tokens"):
        assert usage[name] == given_up[name] + translated[name] + translating[name]
        assert usage[name] > translating[name]


async def test_a_comment_keeps_the_stream_alive_while_the_answer_is_prepared(
    engine: ScriptedEngine, detector: Detector
) -> None:
    def slow(body: dict[str, Any]) -> tuple[Sequence[Step], Any]:
        steps, document = translating(body)
        return [0.25, *steps], document

    engine.reply = slow
    async with gateway(engine, detector, SELF_TRANSLATE, keep_alive_s=0.1) as running:
        async with running.client.post("/v1/chat/completions", json=asked(stream=True)) as response:
            raw = await response.read()
    assert raw.startswith(b": preparing\n\n")
    texts = [(event_json(event) or {}).get("choices") for event in events(raw)]
    said = "".join(choices[0]["delta"].get("content") or "" for choices in texts if choices)
    assert said == "Nairobi.\n\nFour million."
    assert raw.endswith(DONE)


async def test_what_fails_after_a_comment_is_an_error_event_without_done(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.reply = lambda _: (
        [0.3, b'data: {"error": {"message": "no", "type": "x", "code": 500}}\n\n', DONE],
        {},
    )
    async with gateway(engine, detector, SELF_TRANSLATE, keep_alive_s=0.1) as running:
        async with running.client.post("/v1/chat/completions", json=asked(stream=True)) as response:
            raw = await response.read()
    assert response.status == 200
    *_, last = events(raw)
    told = event_json(last)
    assert told is not None
    assert told["error"]["type"] == "engine_error"
    assert DONE not in raw


async def test_an_answer_that_breaks_off_is_explained_where_the_client_asked_for_it(
    engine: ScriptedEngine, detector: Detector
) -> None:
    def lossy(body: dict[str, Any]) -> tuple[Sequence[Step], Any]:
        is_second_block = "Four million" in body["messages"][-1]["content"]
        return answer("") if is_second_block else translating(body)

    engine.reply = lossy
    async with gateway(engine, detector, SELF_TRANSLATE) as running:
        told = await _last_event(running, asked(stream=True, dragoman={"explain": True}))
        told_nothing = await _last_event(running, asked(stream=True))
    assert told["error"] == told_nothing["error"]
    assert "dragoman" not in told_nothing
    calls = told["dragoman"]["engine_calls"]
    assert [call["purpose"] for call in calls] == ["translate_request", "pivot", *["translate_answer"] * 2]
    there, pivot, *_ = calls
    assert 0 < there["began_seconds"] + there["seconds"] <= pivot["began_seconds"] + 1e-4  # both rounded


async def _last_event(running: Running, body: dict[str, Any]) -> dict[str, Any]:
    async with running.client.post("/v1/chat/completions", json=body) as response:
        *_, last = events(await response.read())
    told = event_json(last)
    assert told is not None
    return told


async def test_what_fails_before_anything_was_sent_is_a_status(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.status = 500
    engine.document = {"error": {"message": "no"}}
    async with gateway(engine, detector, SELF_TRANSLATE) as running:
        async with running.client.post("/v1/chat/completions", json=asked(stream=True)) as response:
            assert response.status == 502
            assert (await response.json())["error"]["code"] == "engine_failed"


@pytest.mark.parametrize(("said", "reason"), [("", "engine_error"), (QUESTION, "not_translated")])
async def test_an_attempt_that_fails_says_what_took_over(
    engine: ScriptedEngine, detector: Detector, said: str, reason: str
) -> None:
    def lossy(body: dict[str, Any]) -> tuple[Sequence[Step], Any]:
        return answer(said if "translator" in body["messages"][0]["content"] else "Nairobi.")

    engine.reply = lossy
    async with gateway(engine, detector, ATTEMPT) as running:
        body = asked(dragoman={"explain": True})
        async with running.client.post("/v1/chat/completions", json=body) as response:
            document = await response.json()
    assert document["choices"][0]["message"]["content"] == "Nairobi."
    assert response.headers["x-dragoman-degraded"] == f"self_translate={reason}>direct"
    degraded = {"note": "degraded", "strategy": "self_translate", "reason": reason, "to": "direct"}
    assert degraded in document["dragoman"]["notes"]


@pytest.mark.parametrize("hangs_at", range(3))
@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_aborts_every_hidden_call_within_100_ms(
    engine: ScriptedEngine, detector: Detector, hangs_at: int, stream: bool
) -> None:
    async with gateway(engine, detector, SELF_TRANSLATE) as running:
        took_s: list[float] = []
        while not took_s or (took_s[-1] > 0.1 and len(took_s) < 20):  # a busy machine may hold up any one
            took_s.append(await _abort_s(running, engine, hangs_at, stream=stream))
        assert took_s[-1] < 0.1, took_s


async def _abort_s(running: Running, engine: ScriptedEngine, hangs_at: int, *, stream: bool) -> float:
    """How long the engine goes on for a client that leaves during the hidden call of this number."""
    made = 0

    def hanging(body: dict[str, Any]) -> tuple[Sequence[Step], Any]:
        nonlocal made
        made += 1
        return ([HANG], {}) if made > hangs_at else translating(body)

    engine.reply = hanging
    request = running.client.post("/v1/chat/completions", json=asked(stream=stream))
    task = asyncio.ensure_future(request.__aenter__())
    await _until(lambda: made > hangs_at and engine.working > 0)
    task.cancel()
    left = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _until(lambda: engine.working == 0)
    return time.perf_counter() - left


async def _until(holds: Any) -> None:
    for _ in range(15_000):
        if holds():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("never")


async def test_a_policy_s_prompt_reaches_the_engine(engine: ScriptedEngine, detector: Detector) -> None:
    engine.says("Nairobi.")
    own = "Fikiri kwa $pivot, jibu kwa $language."
    policy = f"\ndefault: {{kind: pivot_reason}}\nprompts: {{pivot_reason: {{sw: '{own}'}}}}\n"
    async with gateway(engine, detector, policy) as running:
        await running.client.post("/v1/chat/completions", json=asked())
    assert engine.requests[0]["messages"][0]["content"] == "Fikiri kwa English, jibu kwa Swahili (Kiswahili)."


async def test_a_fusion_counts_its_samples_and_no_agreement(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.reply = lambda body: (
        [],
        chat_document(*(f"Nairobi, {index}." for index in range(body.get("n") or 1))),
    )
    async with gateway(engine, detector, "\ndefault: {kind: fuse, n: 3}\n") as running:
        async with running.client.post("/v1/chat/completions", json=asked()) as response:
            assert response.status == 200
        exposition = running.gateway.metrics.exposition().decode()
    assert 'dragoman_samples_total{selector="fuse"} 3.0' in exposition
    assert 'dragoman_selector_agreement_count{selector="fuse"}' not in exposition


async def test_selections_and_contracts_are_counted(engine: ScriptedEngine, detector: Detector) -> None:
    text = "Nairobi. Jiji hilo kubwa lina watu wengi sana kutoka kila pembe ya Afrika Mashariki."
    engine.reply = lambda body: ([], chat_document(*[text] * (body.get("n") or 1)))
    policy = "\ndefault: {kind: samples, n: 3}\ncontract: {level: flag}\n"
    async with gateway(engine, detector, policy) as running:
        async with running.client.post("/v1/chat/completions", json=asked()) as response:
            document = orjson.loads(await response.read())
        exposition = running.gateway.metrics.exposition().decode()
    assert document["choices"][0]["message"]["content"] == text
    assert response.headers["x-dragoman-contract"] == "sw=kept"
    assert 'dragoman_samples_total{selector="mbr"} 3.0' in exposition
    assert 'dragoman_contracts_total{language="sw",level="flag",outcome="kept"} 1.0' in exposition
