"""A request that is to be steered goes to engines that steer, and to no others."""

from collections.abc import AsyncIterator, Mapping

import pytest

from gateway.engines.steered import asks_for_steering
from gateway.settings import Settings
from routing.engine_settings import LocalEngineSettings
from routing.language import Detector
from routing.steering.request import Steering
from tests.gateway.conftest import KEY, run_gateway
from tests.gateway.scripted_engine import ScriptedEngine, serve_scripted_engine

NOBODY = "http://127.0.0.1:9/v1"
POLICY = """
version: 1
engines:
  first: {{kind: http, urls: ["{first}"], models: [tiny], steers: {first_steers}, fallback: second}}
  second: {{kind: http, urls: ["{second}"], models: [tiny], steers: {second_steers}}}
"""
ARGUMENTS = {"other": 1, **Steering("maths@0123456789abcdef", 0.5).arguments}


@pytest.fixture
async def spare() -> AsyncIterator[ScriptedEngine]:
    async with serve_scripted_engine() as other:
        yield other


async def ask(policy: str, detector: Detector, arguments: Mapping[str, object]) -> tuple[int, str]:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "Habari ya asubuhi, rafiki?"}]}
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        async with running.client.post(
            "/v1/chat/completions", json={**body, "vllm_xargs": arguments}
        ) as answer:
            return answer.status, await answer.text()


@pytest.mark.parametrize(("steers", "expected"), [("true", 200), ("false", 400)])
async def test_an_engine_that_does_not_steer_is_never_asked_to(
    engine: ScriptedEngine, detector: Detector, steers: str, expected: int
) -> None:
    engine.says("sawa")
    policy = POLICY.format(first=engine.url, second=engine.url, first_steers=steers, second_steers="true")
    status, answer = await ask(policy, detector, ARGUMENTS)
    assert status == expected, answer
    assert [body["vllm_xargs"] for body in engine.requests] == [ARGUMENTS] * (expected == 200)
    assert (await ask(policy, detector, {"other": 1}))[0] == 200


@pytest.mark.parametrize(("steers", "expected"), [("true", 200), ("false", 503)])
async def test_no_fallback_answers_unsteered_in_its_place(
    engine: ScriptedEngine, detector: Detector, steers: str, expected: int
) -> None:
    engine.says("sawa")
    policy = POLICY.format(first=NOBODY, second=engine.url, first_steers="true", second_steers=steers)
    assert (await ask(policy, detector, ARGUMENTS))[0] == expected
    assert len(engine.requests) == (expected == 200)
    assert (await ask(policy, detector, {}))[0] == 200


async def test_an_engine_that_only_the_policy_says_steers_is_not_asked_to(
    engine: ScriptedEngine, detector: Detector
) -> None:
    """vLLM without the plugin would leave out the arguments, and answer unsteered."""
    engine.says("sawa")
    engine.steers = False
    policy = POLICY.format(first=engine.url, second=engine.url, first_steers="true", second_steers="true")
    status, answer = await ask(policy, detector, ARGUMENTS)
    assert (status, "shows that it steers" in answer) == (503, True)
    assert not engine.requests
    assert (await ask(policy, detector, {}))[0] == 200


async def test_one_replica_that_does_not_steer_is_left_out(
    engine: ScriptedEngine, spare: ScriptedEngine, detector: Detector
) -> None:
    engine.steers = False
    spare.says("sawa")
    policy = POLICY.format(
        first=f'{engine.url}", "{spare.url}', second=NOBODY, first_steers="true", second_steers="true"
    )
    for _ in range(3):
        assert (await ask(policy, detector, ARGUMENTS))[0] == 200
    assert (len(engine.requests), len(spare.requests)) == (0, 3)


@pytest.mark.parametrize(("steers", "expected"), [(True, 200), (False, 503)])
async def test_readiness_asks_an_engine_that_is_said_to_steer_whether_it_does(
    engine: ScriptedEngine, detector: Detector, steers: bool, expected: int
) -> None:
    engine.steers = steers
    policy = POLICY.format(first=engine.url, second=NOBODY, first_steers="true", second_steers="false")
    async with run_gateway(policy, detector, Settings(api_key=KEY)) as running:
        async with running.client.get("/ready") as answer:
            assert answer.status == expected


@pytest.mark.parametrize(
    ("arguments", "steers"),
    [
        ({}, False),
        ({"additional_config": {"other": 1}}, False),
        ({"additional_config": {"dragoman_steering": {}}}, True),
    ],
)
def test_a_local_engine_steers_where_its_arguments_ask_for_it(
    arguments: dict[str, object], steers: bool
) -> None:
    settings = LocalEngineSettings.model_validate({"model": "m", "served_name": "m", "vllm": arguments})
    assert settings.steers == steers


@pytest.mark.parametrize("arguments", [None, 5, "dragoman_profile", ["dragoman_profile"], {}])
def test_what_names_no_profile_does_not_ask_for_steering(arguments: object) -> None:
    assert not asks_for_steering({"vllm_xargs": arguments})
    assert not asks_for_steering({})
