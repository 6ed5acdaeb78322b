"""Traces: off by default, one span a request, and a context that reaches the engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from gateway.settings import Settings
from routing.language import Detector
from tests.gateway.conftest import KEY, POLICY, Running, run_gateway
from tests.gateway.scripted_engine import ScriptedEngine, chunk

ASK = {"model": "tiny", "messages": [{"role": "user", "content": "தமிழ்நாட்டின் தலைநகரம் எது?"}]}
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


@asynccontextmanager
async def collector(received: list[ExportTraceServiceRequest]) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        received.append(ExportTraceServiceRequest.FromString(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
    await runner.cleanup()


async def test_the_clients_context_is_handed_on_where_tracing_is_off(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("சென்னை")
    async with running.client.post("/v1/chat/completions", json=ASK, headers=PARENT) as response:
        assert response.status == 200
    assert engine.headers[0]["traceparent"] == PARENT["traceparent"]


async def test_a_span_tells_the_language_and_no_content(engine: ScriptedEngine, detector: Detector) -> None:
    engine.says("சென்னை")
    received: list[ExportTraceServiceRequest] = []
    async with collector(received) as endpoint:
        settings = Settings(api_key=KEY, otlp_endpoint=endpoint)
        async with run_gateway(POLICY.format(url=engine.url), detector, settings) as running:
            async with running.client.post("/v1/chat/completions", json=ASK, headers=PARENT) as response:
                assert response.status == 200
    (span,) = received[0].resource_spans[0].scope_spans[0].spans
    attributes = {attribute.key: attribute.value for attribute in span.attributes}
    assert span.trace_id.hex() == TRACE
    assert attributes["dragoman.language"].string_value == "ta"
    assert attributes["gen_ai.usage.output_tokens"].int_value == 3
    assert engine.headers[0]["traceparent"].split("-")[1:3] == [TRACE, span.span_id.hex()]
    sent = b"".join(each.SerializeToString() for each in received)
    assert "சென்னை".encode() not in sent
    assert "தலைநகரம்".encode() not in sent


@pytest.mark.parametrize("stream", [True, False])
async def test_a_span_of_a_failure_has_its_code_and_not_what_the_engine_said_of_the_prompt(
    engine: ScriptedEngine, detector: Detector, stream: bool
) -> None:
    quoting = {"error": {"message": "cannot render தலைநகரம்", "code": 500}}
    engine.steps = [chunk("செ"), b"data: " + orjson.dumps(quoting) + b"\n\n"]
    engine.status, engine.document = (200 if stream else 500), quoting
    received: list[ExportTraceServiceRequest] = []
    async with collector(received) as endpoint:
        settings = Settings(api_key=KEY, otlp_endpoint=endpoint)
        async with run_gateway(POLICY.format(url=engine.url), detector, settings) as running:
            async with running.client.post(
                "/v1/chat/completions", json={**ASK, "stream": stream}
            ) as response:
                assert "தலைநகரம்" in await response.text()
    (span,) = received[0].resource_spans[0].scope_spans[0].spans
    assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "engine_failed")
    assert "தலைநகரம்".encode() not in received[0].SerializeToString()
