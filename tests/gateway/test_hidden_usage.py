"""The usage of an answer counts the calls that the client did not see, in the words of its endpoint."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from gateway.settings import Settings
from routing.context import Context
from routing.events import event_json, events
from routing.generation import Engine, Generation, Stream
from routing.language import Detector
from tests.gateway.conftest import POLICY, Running, run_gateway
from tests.gateway.engine_answers import answer_all
from tests.gateway.scripted_engine import ScriptedEngine

NAMES = {
    "chat/completions": ("prompt_tokens", "completion_tokens"),
    "completions": ("prompt_tokens", "completion_tokens"),
    "responses": ("input_tokens", "output_tokens"),
}
BODIES: dict[str, dict[str, Any]] = {
    "chat/completions": {"messages": [{"role": "user", "content": "ສະບາຍດີ"}]},
    "completions": {"prompt": "ສະບາຍດີ"},
    "responses": {"input": "ສະບາຍດີ"},
}


@dataclass(frozen=True)
class AsksTwice:
    """A strategy that first asks for a translation, and reads it to its end."""

    kind: str = "asks_twice"
    takes_n: bool = False

    async def __call__(self, generation: Generation, engine: Engine, _context: Context) -> Stream:
        hidden = replace(generation.with_body(stream=False), purpose="translate")
        async with aclosing(await engine.generate(hidden)) as stream:
            async for _ in stream:
                pass
        return await engine.generate(generation)

    def model_dump(self, mode: str) -> dict[str, Any]:
        return {"kind": self.kind}


@pytest.fixture
async def running(engine: ScriptedEngine, detector: Detector) -> AsyncIterator[Running]:
    answer_all(engine, "ສະບາຍ", "ດີ")
    settings = Settings(api_key="sk-test")
    async with run_gateway(POLICY.format(url=engine.url), detector, settings) as running:
        twice: Any = AsksTwice()
        policy = replace(running.gateway.in_force.policy, default=twice, undetermined=twice)
        running.gateway.in_force = replace(running.gateway.in_force, policy=policy)
        yield running


async def _usage(running: Running, endpoint: str, **fields: Any) -> dict[str, Any]:
    body = {"model": "tiny", **BODIES[endpoint], **fields}
    async with running.client.post(f"/v1/{endpoint}", json=body) as response:
        raw = await response.read()
        assert response.status == 200, raw
    if not fields.get("stream"):
        usage: dict[str, Any] = orjson.loads(raw)["usage"]
        return usage
    values = [value for event in events(raw) if (value := event_json(event))]
    found = [value.get("response", value).get("usage") for value in values]
    (only,) = [usage for usage in found if usage]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("endpoint", NAMES)
async def test_hidden_calls_are_added_and_itemised(running: Running, endpoint: str, stream: bool) -> None:
    fields: dict[str, Any] = {"stream": True} if stream else {}
    if stream and endpoint != "responses":
        fields["stream_options"] = {"include_usage": True}
    usage = await _usage(running, endpoint, **fields)
    prompt, completion = NAMES[endpoint]
    assert (usage[prompt], usage[completion], usage["total_tokens"]) == (14, 6, 20)
    assert [call["purpose"] for call in usage["dragoman"]] == ["translate", "answer"]
    assert {call["prompt_tokens"] for call in usage["dragoman"]} == {7}
    others = {name for pair in NAMES.values() for name in pair} - {prompt, completion}
    assert not others & set(usage)


@pytest.mark.parametrize("endpoint", NAMES)
async def test_the_text_of_a_stream_stays_as_it_was(
    running: Running, engine: ScriptedEngine, endpoint: str
) -> None:
    body = {"model": "tiny", **BODIES[endpoint], "stream": True}
    async with running.client.post(f"/v1/{endpoint}", json=body) as response:
        came = list(events(await response.read()))
        assert response.headers["x-dragoman-engine-calls"] == "2"
    steps, _ = engine.by_endpoint.get(endpoint, (engine.steps, None))
    without_usage = [step for step in steps if isinstance(step, bytes) and b'"total_tokens"' not in step]
    assert [event for event in came if b'"total_tokens"' not in event] == without_usage


async def test_without_hidden_calls_usage_is_the_engines_own(
    engine: ScriptedEngine, detector: Detector
) -> None:
    answer_all(engine, "ສະບາຍດີ")
    settings = Settings(api_key="sk-test")
    async with run_gateway(POLICY.format(url=engine.url), detector, settings) as running:
        assert await _usage(running, "responses") == engine.by_endpoint["responses"][1]["usage"]
