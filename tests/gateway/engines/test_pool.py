"""Which replica is called, and who takes over where one fails."""

import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from gateway.app import build_app
from gateway.settings import Settings
from routing.errors import ConfigError
from routing.language import Detector
from routing.policy import Policy
from routing.policy_file import parse_policy
from tests.gateway.conftest import KEY, Running, run_gateway
from tests.gateway.scripted_engine import (
    CUT,
    HANG,
    ScriptedEngine,
    chat_document,
    chunk,
    serve_scripted_engine,
)

NOBODY = "http://127.0.0.1:9/v1"

TWO_ENGINES = """
version: 1
engines:
  first:
    kind: http
    urls: [{first}]
    models: [tiny]
    retries: 1
    fallback: second
    fallback_model: spare
    timeouts: {{connect_s: 60, first_token_s: 60, total_s: 120}}
  second: {{kind: http, urls: ["{second}"], models: [spare]}}
"""

TWO_UNKNOWN = """
version: 1
engines:
  up: {{kind: http, urls: ["{up}"]}}
  down: {{kind: http, urls: ["{down}"]}}
"""

ASK = {"model": "tiny", "messages": [{"role": "user", "content": "Habari ya asubuhi, rafiki?"}]}


@pytest.fixture
async def spare() -> AsyncIterator[ScriptedEngine]:
    async with serve_scripted_engine() as engine:
        yield engine


async def _post(running: Running, body: dict[str, object] | None = None) -> tuple[int, dict[str, object]]:
    async with running.client.post("/v1/chat/completions", json=body or ASK) as response:
        return response.status, await response.json()


async def _metrics(running: Running) -> str:
    async with running.client.get("/metrics") as response:
        return await response.text()


async def test_a_dead_replica_is_skipped_and_then_ejected(engine: ScriptedEngine, detector: Detector) -> None:
    engine.says("sawa")
    policy = TWO_ENGINES.format(first=f'"{NOBODY}", "{engine.url}"', second=engine.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        for _ in range(5):
            assert (await _post(running))[0] == 200
        metrics = await _metrics(running)
    assert {body["model"] for body in engine.requests} == {"tiny"}
    assert 'dragoman_engine_retries_total{engine="first"} 3.0' in metrics
    assert 'dragoman_engine_ejected{engine="first"} 1.0' in metrics


async def test_a_fallback_takes_over_under_its_own_model_name(
    spare: ScriptedEngine, detector: Detector
) -> None:
    spare.says("sawa")
    policy = TWO_ENGINES.format(first=f'"{NOBODY}"', second=spare.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        assert (await _post(running))[0] == 200
        metrics = await _metrics(running)
    assert spare.requests[0]["model"] == "spare"
    assert 'dragoman_engine_fallbacks_total{engine="first",fallback="second"} 1.0' in metrics


async def test_nothing_is_sent_twice_once_something_may_have_been_generated(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector
) -> None:
    engine.steps = [CUT]
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=spare.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        status, body = await _post(running)
    assert status == 502
    assert body["error"]
    assert (len(engine.requests), len(spare.requests)) == (1, 0)


async def test_a_late_first_token_is_a_timeout(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector
) -> None:
    engine.steps = [HANG]
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=spare.url)
    policy = policy.replace("first_token_s: 60", "first_token_s: 0.5")
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        status, body = await _post(running, {**ASK, "stream": True})
    assert status == 504
    assert body["error"] == {
        "message": "The engine's first token is late.",
        "type": "engine_error",
        "param": None,
        "code": "engine_timeout",
    }
    assert engine.aborted == 1


async def test_all_engines_down_is_a_503_and_service_resumes_with_the_engine(
    engine: ScriptedEngine, detector: Detector
) -> None:
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=NOBODY)
    engine.status, engine.document = 503, {"error": {"message": "loading"}}
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        for _ in range(3):
            assert (await _post(running))[0] == 503
        member = running.gateway.in_force.pool._engines["first"].members[0]
        assert member.health.ejected_until > 0
        member.health.ejected_until = 0.0
        engine.status = 200
        engine.says("sawa")
        assert (await _post(running))[0] == 200
        assert member.health.failures == 0


async def test_a_request_that_makes_an_engine_fail_does_not_take_it_from_others(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.status, engine.document = 500, {"error": {"message": "index out of range"}}
    for _ in range(5):
        status, body = await _post(running)
        assert status == 502
        assert body["error"]["code"] == "engine_failed"  # type: ignore[index]
    engine.status = 200
    engine.says("sawa")
    assert (await _post(running))[0] == 200


async def test_an_unknown_model_is_a_404_that_names_the_field(running: Running) -> None:
    status, body = await _post(running, {**ASK, "model": "gpt-9"})
    assert status == 404
    assert body["error"] == {
        "message": "The model `gpt-9` does not exist.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


async def test_while_an_engine_has_not_said_what_it_serves_no_model_is_called_unknown(
    engine: ScriptedEngine, detector: Detector
) -> None:
    policy = TWO_UNKNOWN.format(up=engine.url, down=NOBODY)
    engine.says("sawa")
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        assert (await _post(running))[0] == 200
        status, body = await _post(running, {**ASK, "model": "adapter-sw"})
    assert (status, body["error"]["code"]) == (503, "engine_unavailable")  # type: ignore[index]
    assert "`down`" in body["error"]["message"]  # type: ignore[index]


async def test_a_model_that_an_engine_begins_to_serve_is_found(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("sawa")
    assert (await _post(running))[0] == 200
    engine.models = ("tiny", "adapter-sw")
    running.gateway.in_force.pool._engines["scripted"].asked_at = -100.0
    assert (await _post(running, {**ASK, "model": "adapter-sw"}))[0] == 200


async def test_the_first_requests_find_the_model_however_many_come_at_once(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("sawa")
    answers = await asyncio.gather(*(_post(running) for _ in range(8)))
    assert [status for status, _ in answers] == [200] * 8


async def test_an_engine_that_hangs_does_not_keep_the_gateway_from_being_ready(
    engine: ScriptedEngine, detector: Detector
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"
    policy = TWO_ENGINES.format(first=f'"{url}"', second=engine.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running, asyncio.timeout(30):
        async with running.client.get("/ready") as response:
            assert response.status == 200
    silent.close()
    await silent.wait_closed()


async def test_a_gateway_whose_engines_are_all_gone_is_not_ready(detector: Detector) -> None:
    policy = TWO_ENGINES.format(first=f'"{NOBODY}"', second=NOBODY)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        async with running.client.get("/ready") as response:
            assert response.status == 503


@pytest.mark.parametrize(
    "document",
    [b"", '{"choices": [{"message": {"content": "สวัส'.encode(), b'{"text": "\xd8"}', '["مرحبا"]'.encode()],
    ids=["nothing", "half of it", "not UTF-8", "no object"],
)
async def test_a_document_that_is_no_json_object_is_an_error_and_never_passed_on(
    engine: ScriptedEngine, detector: Detector, document: bytes
) -> None:
    engine.document = document
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=engine.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        status, body = await _post(running)
    assert (status, body["error"]["code"]) == (502, "engine_error")  # type: ignore[index]


async def test_a_document_without_an_end_is_an_error_and_not_a_full_memory(
    monkeypatch: pytest.MonkeyPatch, running: Running, engine: ScriptedEngine
) -> None:
    monkeypatch.setattr("gateway.engines.connection._LONGEST_BYTES", 1_000_000)
    engine.document = chat_document("ก" * 330_000)
    assert (await _post(running))[0] == 200
    engine.document = chat_document("ก" * 340_000)
    status, body = await _post(running)
    assert (status, body["error"]["code"]) == (502, "engine_error")  # type: ignore[index]


@pytest.mark.parametrize("is_streamed", [True, False])
async def test_an_engine_that_begins_each_answer_and_ends_none_is_ejected(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector, is_streamed: bool
) -> None:
    engine.steps, engine.document = [chunk("नमस्"), CUT], b""
    spare.says("sawa")
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=spare.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        for _ in range(5):
            async with running.client.post(
                "/v1/chat/completions", json={**ASK, "stream": is_streamed}
            ) as response:
                await response.read()
    assert (len(engine.requests), len(spare.requests)) == (3, 2)


async def test_a_new_policy_keeps_what_is_known_of_the_engines_that_it_leaves_alone(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector
) -> None:
    engine.status, engine.document = 503, {"error": {"message": "loading"}}
    text = TWO_UNKNOWN.format(up=engine.url, down=NOBODY)
    async with run_gateway(text, detector, Settings(api_key=KEY)) as running:
        for _ in range(2):
            assert (await _post(running))[0] == 503
        assert 'dragoman_engine_ejected{engine="up"} 1.0' in await _metrics(running)
        running.gateway.in_force.pool._engines["up"].members[0].health.ejected_until = math.inf
        running.gateway.replace_policy(parse_policy(text.replace(NOBODY, spare.url), "same.yaml"))
        asked = len(engine.requests)
        assert (await _post(running))[1]["error"]["message"].startswith("Every engine")  # type: ignore[index]
        assert len(engine.requests) == asked
        running.gateway.replace_policy(parse_policy(text.replace("up:", "other:"), "other.yaml"))
        assert 'dragoman_engine_ejected{engine="up"} 0.0' in await _metrics(running)
        engine.status = 200
        engine.says("sawa")
        assert (await _post(running))[0] == 200


@pytest.mark.parametrize("secret", ["s3cret\n", " s3cret", "s3cret\r\nHost: elsewhere", "s3créto"])
def test_an_engines_key_that_no_header_can_carry_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, detector: Detector, secret: str
) -> None:
    monkeypatch.setenv("HOUSE_KEY", secret)
    policy = parse_policy(
        TWO_UNKNOWN.format(up=NOBODY, down=NOBODY).replace("urls", "api_key_env: HOUSE_KEY, urls"), "x"
    )
    with pytest.raises(ConfigError, match="HOUSE_KEY") as caught:
        build_app(Settings(api_key=KEY), policy, detector)
    assert "s3cr" not in caught.value.message
    with pytest.raises(ConfigError, match="DRAGOMAN_ENGINE_KEY"):
        build_app(Settings(engine_key=secret), Policy(engines={}), detector)


async def test_who_waits_for_a_place_at_an_engine_that_hangs_goes_on_to_the_fallback(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector
) -> None:
    spare.says("sawa")
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=spare.url)
    policy = policy.replace("retries: 1", "max_inflight: 1").replace("total_s: 120", "total_s: 0.2")
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        await running.gateway.in_force.pool._engines["first"].slots.acquire()
        assert (await _post(running))[0] == 200
    assert engine.requests == []


async def test_who_waited_for_a_place_is_not_sent_to_a_replica_that_was_ejected_meanwhile(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector
) -> None:
    spare.says("sawa")
    policy = TWO_ENGINES.format(first=f'"{engine.url}"', second=spare.url)
    policy = policy.replace("retries: 1", "max_inflight: 1")
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        first = running.gateway.in_force.pool._engines["first"]
        await first.slots.acquire()
        posting = asyncio.create_task(_post(running))
        async with asyncio.timeout(60):
            while not first.slots._waiters:
                await asyncio.sleep(0.005)
        first.members[0].health.ejected_until = math.inf
        first.slots.release()
        assert (await posting)[0] == 200
        assert not first.slots.locked()
    assert engine.requests == []
