"""Samples of one request take one call where the engine gives each answer a temperature, and the account is true."""

from typing import Any

import pytest

from gateway.settings import Settings
from routing.engine_settings import LocalEngineSettings
from routing.language import Detector
from tests.gateway.conftest import KEY, run_gateway
from tests.gateway.scripted_engine import DONE, USAGE_EVENT, ScriptedEngine, chat_document, chunk

POLICY = """
version: 1
engines:
  first: {{kind: http, urls: ["{url}"], models: [tiny], hedges: {first}, fallback: second, fallback_model: spare}}
  second: {{kind: http, urls: ["{url}"], models: [spare], hedges: {second}}}
default: {{kind: samples, n: 3, selector: {{kind: vote}}}}
undetermined: {{kind: samples, n: 3, selector: {{kind: vote}}}}
"""
SAID = ("Jibu: 12", "Jibu: 13", "Jibu: 13")


def reply(asked: dict[str, Any]) -> Any:
    n = asked.get("n", 1)
    said = SAID[:1] if n == 1 else SAID[-n:]
    chunks = [chunk(text, "stop", index) for index, text in enumerate(said)]
    return [*chunks, USAGE_EVENT, DONE], chat_document(said[0])


async def ask(policy: str, detector: Detector, **fields: Any) -> tuple[int, dict[str, Any]]:
    question = {"role": "user", "content": "Saba na sita ni ngapi, rafiki yangu?"}
    body = {"model": "tiny", "messages": [question], "dragoman": {"explain": True}, **fields}
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        async with running.client.post("/v1/chat/completions", json=body) as answer:
            return answer.status, await answer.json()


async def test_the_samples_take_one_call_which_is_counted_once(
    engine: ScriptedEngine, detector: Detector
) -> None:
    engine.reply = reply
    policy = POLICY.format(url=engine.url, first="true", second="true")
    status, document = await ask(policy, detector)
    assert status == 200
    assert document["choices"][0]["message"]["content"] == SAID[1]
    (asked,) = engine.requests
    assert (asked["n"], asked["temperature"]) == (3, 0.7)
    assert asked["vllm_xargs"] == {"dragoman_temperatures": [0, 0.7, 0.7]}
    (call,) = document["dragoman"]["engine_calls"]
    assert (call["purpose"], call["outcome"]) == ("sample", "ok")
    assert document["usage"]["total_tokens"] == 10


@pytest.mark.parametrize(("first", "second"), [("false", "true"), ("true", "false")])
async def test_two_calls_where_any_engine_that_may_answer_does_not(
    engine: ScriptedEngine, detector: Detector, first: str, second: str
) -> None:
    engine.reply = reply
    status, document = await ask(POLICY.format(url=engine.url, first=first, second=second), detector)
    assert status == 200
    assert sorted((body["temperature"], body["n"]) for body in engine.requests) == [(0, 1), (0.7, 2)]
    assert not any("vllm_xargs" in body for body in engine.requests)
    assert document["usage"]["total_tokens"] == 20


async def test_an_engine_that_does_not_is_never_asked_to(engine: ScriptedEngine, detector: Detector) -> None:
    engine.reply = reply
    fields = {
        "n": 2,
        "dragoman": {"strategy": {"kind": "direct"}},
        "vllm_xargs": {"dragoman_temperatures": [0, 1]},
    }
    for hedges, status in (("false", 400), ("true", 200)):
        policy = POLICY.format(url=engine.url, first=hedges, second=hedges)
        told, document = await ask(policy, detector, **fields)
        assert told == status, document
    assert len(engine.requests) == 1
    assert engine.requests[0]["vllm_xargs"] == fields["vllm_xargs"]


@pytest.mark.parametrize(
    ("additional", "usual", "speculating"),
    [
        (None, True, False),
        ({"another": 1}, True, False),
        ({"dragoman_hedging": False}, False, False),
        ({"dragoman_hedging": True}, True, True),
    ],
)
def test_a_local_engine_does_unless_told_otherwise_and_speculating_only_where_told(
    additional: Any, usual: bool, speculating: bool
) -> None:
    vllm = {"additional_config": additional}
    speculative: Any = {"speculative_config": {"method": "ngram", "num_speculative_tokens": 2}}
    assert LocalEngineSettings(model="m", served_name="m", vllm=vllm).hedges == usual
    assert LocalEngineSettings(model="m", served_name="m", vllm=vllm | speculative).hedges == speculating
