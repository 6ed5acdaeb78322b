"""Strategies that a request asks for itself, and what its key must allow for that."""

from pathlib import Path

import pytest

from gateway.keys import generate_key
from gateway.settings import Settings
from routing.language import Detector
from routing.steering.request import Steering
from tests.gateway.conftest import POLICY, Running, run_gateway
from tests.gateway.scripted_engine import ScriptedEngine


def _keys_file(folder: Path, **fields: object) -> tuple[str, Path]:
    secret, entry = generate_key("müşteri")
    lines = [f"  {name}: {value}" for name, value in fields.items()]
    path = folder / "keys.yaml"
    path.write_text(
        "\n".join(["version: 1", "keys:", f'- name: "{entry.name}"', f"  sha256: {entry.sha256}", *lines])
    )
    return secret, path


async def _ask(running: Running, secret: str, strategy: dict[str, object]) -> tuple[int, dict[str, object]]:
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Merhaba, nasılsın?"}],
        "dragoman": {"strategy": strategy},
    }
    headers = {"Authorization": f"Bearer {secret}"}
    async with running.client.post("/v1/chat/completions", json=body, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("fields", "strategy", "status"),
    [
        ({}, {"kind": "direct"}, 403),
        ({"may_choose": "true"}, {"kind": "direct"}, 200),
        ({"may_choose": "true"}, {"kind": "route", "model": "other"}, 200),
        ({"may_choose": "true", "models": "[tiny]"}, {"kind": "route", "model": "other"}, 403),
        ({"may_choose": "true", "models": "[tiny, other]"}, {"kind": "route", "model": "other"}, 200),
        ({"may_choose": "true"}, {"kind": "route", "engine": "nowhere"}, 400),
        ({"may_choose": "true"}, {"kind": "magic"}, 400),
        ({"may_choose": "true"}, {"kind": "samples", "n": 9, "inner": {"kind": "samples", "n": 8}}, 400),
    ],
)
async def test_a_key_bounds_the_strategies_of_its_requests(
    tmp_path: Path,
    engine: ScriptedEngine,
    detector: Detector,
    fields: dict[str, object],
    strategy: dict[str, object],
    status: int,
) -> None:
    engine.models = ("tiny", "other")
    engine.says("İyiyim")
    secret, path = _keys_file(tmp_path, **fields)
    async with run_gateway(POLICY.format(url=engine.url), detector, Settings(keys_path=path)) as running:
        answered, body = await _ask(running, secret, strategy)
    assert answered == status, body
    if status != 200:
        assert str(body["error"]["param"]).startswith("dragoman.strategy")  # type: ignore[index]
        assert engine.requests == []


@pytest.mark.parametrize(("fields", "status"), [({}, 403), ({"may_choose": "true"}, 200)])
async def test_a_key_that_may_not_choose_names_no_steering_profile_either(
    tmp_path: Path, engine: ScriptedEngine, detector: Detector, fields: dict[str, object], status: int
) -> None:
    engine.says("İyiyim")
    secret, path = _keys_file(tmp_path, **fields)
    arguments = Steering("maths@0123456789abcdef").arguments
    body = {"model": "tiny", "messages": [{"role": "user", "content": "Merhaba"}], "vllm_xargs": arguments}
    policy = POLICY.format(url=engine.url) + "    steers: true\n"
    async with run_gateway(policy, detector, Settings(keys_path=path)) as running:
        async with running.client.post(
            "/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {secret}"}
        ) as response:
            assert response.status == status, await response.text()
    assert len(engine.requests) == (status == 200)
