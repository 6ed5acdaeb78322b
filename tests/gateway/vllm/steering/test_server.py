"""vLLM's own API server with the plugin, on two tensor-parallel workers: what a gateway in front of it meets."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from transformers import PreTrainedModel

from routing.steering.model_match import config_hash
from routing.steering.profile import Profile
from routing.steering.profile_file import serialise_profile, write_profile
from routing.steering.request import Steering
from tests.gateway.vllm.steering.engine_process import QUIET
from tests.gateway.vllm.steering.steered_profiles import random_profile
from tests.gateway.vllm.steering.tiny_models import make_tokenizer

ADMIN = {"X-Dragoman-Steering-Key": "मुख्य-key".encode().hex()}
START_S = 150


@dataclass(frozen=True)
class Server:
    url: str
    kept: Profile
    config_hash: str


@pytest.fixture(scope="module")
def server(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder, model = model_of("mixtral")
    make_tokenizer(folder)
    hashed = config_hash(model.config.to_dict())
    kept = random_profile("kept", "soft", hashed, seed=1)
    profiles = tmp_path_factory.mktemp("profiles")
    write_profile(kept, profiles / "kept.safetensors")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (tmp_path_factory.mktemp("server") / "log").open("w+") as log:
        process = subprocess.Popen(
            command(folder, profiles, port), env=environment(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            asyncio.run(until_healthy(url, process, log))
            yield Server(url, kept, hashed)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def command(folder: Path, profiles: Path, port: int) -> list[str]:
    options = {
        "model": str(folder),
        "served-model-name": "tiny",
        "host": "127.0.0.1",
        "port": str(port),
        "tensor-parallel-size": "2",
        "max-model-len": "128",
        "max-num-seqs": "8",
        "dtype": "float32",
        "kv-cache-memory-bytes": str(32 << 20),
        "additional-config": f'{{"dragoman_steering": {{"profiles": "{profiles}", "max_profiles": 2}}}}',
    }
    arguments = [argument for name, value in options.items() for argument in (f"--{name}", value)]
    return [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *arguments, "--enforce-eager"]


def environment() -> dict[str, str]:
    """Two workers on two cores; vLLM takes routes only from a plugin that is named."""
    own = {
        "VLLM_CPU_OMP_THREADS_BIND": "0|1",
        "VLLM_PLUGINS": "dragoman_steering",
        "DRAGOMAN_STEERING_KEY": ADMIN["X-Dragoman-Steering-Key"],
        "VLLM_ENABLE_V1_MULTIPROCESSING": "1",
    }
    return {**os.environ, **QUIET, **own}


async def until_healthy(url: str, process: subprocess.Popen[bytes], log: Any) -> None:
    async with asyncio.timeout(START_S), aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(f"{url}/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                if process.poll() is not None:
                    log.seek(0)
                    raise AssertionError(f"the server ended: {log.read()[-3000:]}") from None
            await asyncio.sleep(0.5)


async def complete(server: Server, **fields: Any) -> tuple[int, Any]:
    body = {
        "model": "tiny",
        "prompt": "w5 w17 w300 w41",
        "max_tokens": 6,
        "temperature": 0,
        "ignore_eos": True,
    }
    async with aiohttp.ClientSession(server.url) as client:
        async with client.post("/v1/completions", json={**body, **fields}) as answer:
            return (
                answer.status,
                await answer.json() if answer.content_type == "application/json" else await answer.text(),
            )


async def call(server: Server, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession(server.url) as client:
        async with client.request(method, f"/v1/dragoman/{path}", **options) as answer:
            return answer.status, await answer.json(content_type=None)


async def metrics(server: Server) -> dict[str, float]:
    async with aiohttp.ClientSession(server.url) as client:
        async with client.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
    own = (line.rpartition(" ") for line in lines if line.startswith("dragoman_"))
    return {name: float(value) for name, _, value in own}


async def test_it_shows_that_it_steers_and_that_both_workers_hold_the_same(server: Server) -> None:
    status, shown = await call(server, "GET", "steering")
    assert (status, shown["workers"], shown["runner_kind"]) == (200, 2, "v1")
    assert shown["profiles"] == [server.kept.reference]
    assert shown["model"]["config_hash"] == server.config_hash
    assert shown["model"]["routed_layers"] == [0, 1, 2]


async def test_a_profile_and_its_strength_change_the_answer_by_the_extra_arguments_of_a_request(
    server: Server,
) -> None:
    def steered(strength: float) -> dict[str, Any]:
        return Steering(server.kept.reference, strength).arguments

    texts = []
    for arguments in (None, steered(1.0), steered(3.0), steered(0.0)):
        status, answer = await complete(server, **({"vllm_xargs": arguments} if arguments else {}))
        assert status == 200, answer
        texts.append(answer["choices"][0]["text"])
    assert len(set(texts[:3])) == 3
    assert texts[3] == texts[0]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        {"dragoman_profile": "kept@0000000000000000"},
        {"dragoman_profile": "kept"},
        {"dragoman_strength": 1.0},
    ],
)
async def test_a_profile_that_is_not_loaded_is_a_400_before_any_work(
    server: Server, arguments: dict[str, Any], stream: bool
) -> None:
    status, answer = await complete(server, vllm_xargs=arguments, stream=stream)
    assert status == 400
    assert answer["error"]["type"] == "BadRequestError"
    assert "dragoman_" in answer["error"]["message"]


async def test_a_profile_is_loaded_used_and_retired_while_the_engine_serves(server: Server) -> None:
    late = random_profile("late", "hard", server.config_hash, seed=8)
    content = serialise_profile(late)
    arguments = Steering(late.reference).arguments
    assert (await complete(server, vllm_xargs=arguments))[0] == 400
    assert await call(server, "POST", "profiles", data=content, headers=ADMIN) == (
        201,
        {"profile": late.reference},
    )
    assert (await complete(server, vllm_xargs=arguments))[0] == 200
    third = serialise_profile(random_profile("third", "soft", server.config_hash, seed=9))
    assert (await call(server, "POST", "profiles", data=third, headers=ADMIN))[0] == 409
    assert (await call(server, "POST", "profiles", data=content, headers=ADMIN))[0] == 201
    assert (await call(server, "DELETE", f"profiles/{late.reference}", headers=ADMIN))[0] == 204
    assert (await call(server, "DELETE", f"profiles/{late.reference}", headers=ADMIN))[0] == 404
    assert (await complete(server, vllm_xargs=arguments))[0] == 400
    shown = (await call(server, "GET", "steering"))[1]
    assert shown["profiles"] == [server.kept.reference]


@pytest.mark.parametrize("content", [b"", b"no profile", "तमिऴ் பதிவு".encode()])
async def test_what_is_no_profile_is_refused(server: Server, content: bytes) -> None:
    assert (await call(server, "POST", "profiles", data=content, headers=ADMIN))[0] == 400


async def test_a_profile_of_another_model_or_one_that_forces_too_much_is_refused(server: Server) -> None:
    other = serialise_profile(random_profile("other", "soft", "d" * 64))
    assert (await call(server, "POST", "profiles", data=other, headers=ADMIN))[0] == 400
    forcing = random_profile("forcing", "hard", server.config_hash)
    too_many = forcing.weights.copy()
    too_many[1] = 1.0
    from routing.steering.profile import make_profile

    content = serialise_profile(make_profile("forcing", "hard", too_many, forcing.origin))
    status, answer = await call(server, "POST", "profiles", data=content, headers=ADMIN)
    assert (status, "layer 1" in str(answer)) == (400, True)


@pytest.mark.parametrize(
    "headers", [{}, {"X-Dragoman-Steering-Key": "guess"}, {"X-Dragoman-Steering-Key": "ключ"}]
)
async def test_nobody_but_the_administrator_changes_profiles(server: Server, headers: dict[str, str]) -> None:
    content = serialise_profile(random_profile("p", "soft", server.config_hash))
    assert (await call(server, "POST", "profiles", data=content, headers=headers))[0] == 401
    assert (await call(server, "DELETE", f"profiles/{server.kept.reference}", headers=headers))[0] == 401


async def test_tokens_and_refusals_are_counted(server: Server) -> None:
    before = await metrics(server)
    await complete(
        server, vllm_xargs=Steering(server.kept.reference).arguments, prompt="w9 w8 w7", max_tokens=4
    )
    await complete(server, vllm_xargs={"dragoman_profile": "kept"})
    await complete(server)
    after = await metrics(server)
    gained = {name: after[name] - before.get(name, 0) for name in after if not name.endswith("_created")}
    label = f'{{profile="{server.kept.reference}"}}'
    assert gained[f"dragoman_steering_tokens_total{label}"] == 3 + 4 - 1
    assert gained[f"dragoman_steering_requests_total{label}"] == 1
    assert gained["dragoman_steering_refused_total"] == 1
    assert after["dragoman_steering_profiles"] == 1
