"""Router steering through the real stack: a gateway, and behind it vLLM on two tensor-parallel workers, with profiles.

The model is tiny and random, its tokenizer the embedded model's: what is said means nothing, that it changes does.
"""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from gateway.embedded_model import default_cache_dir, prepare_embedded_model
from routing.steering.model_match import config_hash
from routing.steering.profile import Profile, make_profile
from routing.steering.profile_file import serialise_profile, write_profile
from routing.steering.request import Steering
from tests.gateway.vllm.steering.steered_profiles import random_profile
from tests.gateway.vllm.steering.tiny_models import make_model
from tests.stack.running_stack import RunningStack, started_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ADMIN = {"X-Dragoman-Steering-Key": "मुख्य-key".encode().hex()}
# vLLM takes routes only from a plugin that is named. One thread a worker, and nothing compiled: see engine_process.py.
ENVIRONMENT = {
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "VLLM_PLUGINS": "dragoman_steering",
    "DRAGOMAN_STEERING_KEY": ADMIN["X-Dragoman-Steering-Key"],
}
QUESTIONS = {
    "es": "¿Cuál es la capital de Italia y por qué es famosa?",
    "zh": "意大利的首都是哪里,为什么这座城市这么有名?",
    "sw": "Mji mkuu wa Tanzania ni upi na kwa nini una umaarufu mkubwa duniani?",
    "hi": "इटली की राजधानी क्या है और वह क्यों प्रसिद्ध है?",
    "ar": "ما هي عاصمة إيطاليا ولماذا هي مشهورة؟",
    "th": "เมืองหลวงของประเทศอิตาลีคือเมืองอะไรและทำไมจึงมีชื่อเสียง",
}
ENGLISH = "What is the capital of Italy, and why is it famous?"


@dataclass(frozen=True)
class Server:
    """The stack, and the one profile that its engine starts with, in its folder. config_hash: of the engine's model."""

    stack: RunningStack
    kept: Profile
    folder: Path
    config_hash: str

    @property
    def engine(self) -> aiohttp.ClientSession:
        headers = {"Authorization": f"Bearer {self.stack.engine_key}"}
        return aiohttp.ClientSession(f"{self.stack.engine_url}/", headers=headers)

    @property
    def gateway(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.stack.url, headers={"Authorization": f"Bearer {self.stack.key}"})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("steered")
    hashed = save_model(folder / "model")
    kept = random_profile("kept", "soft", hashed, seed=1)
    (folder / "profiles").mkdir()
    write_profile(kept, folder / "profiles" / "kept.safetensors")
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy(folder, kept)))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with started_stack(folder / "policy.yaml", engine="tiny") as stack:
            yield Server(stack, kept, folder / "profiles", hashed)


def save_model(folder: Path) -> str:
    """Saves a model and a tokenizer, and gives the hash of its configuration."""
    embedded = prepare_embedded_model(default_cache_dir(), lambda _: None)
    model = make_model("mixtral", folder, vocab=49152)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(embedded / name, folder / name)
    return config_hash(model.config.to_dict())


def policy(folder: Path, kept: Profile) -> dict[str, Any]:
    """Steers every language of the questions but English."""
    steering = {"profiles": str(folder / "profiles"), "max_profiles": 2}
    vllm = {
        "dtype": "float32",
        "enforce_eager": True,
        "max_model_len": 256,
        "max_num_seqs": 8,
        "kv_cache_memory_bytes": 32 << 20,
        "tensor_parallel_size": 2,
        "additional_config": {"dragoman_steering": steering},
    }
    engine = {"kind": "local", "model": str(folder / "model"), "served_name": "tiny", "vllm": vllm}
    profiles = {language: {"profile": kept.reference, "strength": 2.0} for language in QUESTIONS}
    default = {"kind": "steer", "profiles": profiles}
    return {"version": 1, "engines": {"tiny": engine}, "default": default, "undetermined": {"kind": "direct"}}


async def chat(server: Server, question: str, **asks: Any) -> tuple[str, dict[str, str]]:
    """The answer through the gateway, and its headers."""
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 8,
        "temperature": 0,
        "dragoman": asks,
    }
    async with server.gateway as client, client.post("/v1/chat/completions", json=body) as response:
        answer = await response.json()
        assert response.status == 200, answer
        headers = {name.lower(): value for name, value in response.headers.items()}
        return answer["choices"][0]["message"]["content"], headers


@pytest.mark.parametrize("language", QUESTIONS)
async def test_a_policy_steers_the_languages_that_it_lists(server: Server, language: str) -> None:
    plain, headers = await chat(server, QUESTIONS[language], strategy={"kind": "direct"})
    assert headers["x-dragoman-strategy"] == "direct"
    before = await steered_requests(server)
    steered, headers = await chat(server, QUESTIONS[language])
    assert headers["x-dragoman-strategy"] == "steer"
    assert "x-dragoman-skipped" not in headers
    assert steered != plain
    assert await steered_requests(server) == before + 1
    assert (await chat(server, QUESTIONS[language], strategy={"kind": "direct"}))[0] == plain


async def test_english_is_left_as_it_is_and_the_client_is_told(server: Server) -> None:
    steered, headers = await chat(server, ENGLISH)
    assert headers["x-dragoman-skipped"] == "steer=no_profile"
    assert steered == (await chat(server, ENGLISH, strategy={"kind": "direct"}))[0]


async def test_a_strategy_with_a_profile_that_is_not_loaded_is_a_400(server: Server) -> None:
    strategy = {"kind": "steer", "profiles": {"hi": {"profile": "kept@0123456789abcdef"}}}
    body = {"model": "tiny", "messages": [{"role": "user", "content": QUESTIONS["hi"]}], "stream": True}
    async with server.gateway as client:
        async with client.post(
            "/v1/chat/completions", json={**body, "dragoman": {"strategy": strategy}}
        ) as response:
            assert response.status == 400
            assert "is not loaded" in (await response.json())["error"]["message"]


async def complete(server: Server, **fields: Any) -> tuple[int, Any]:
    body = {
        "model": "tiny",
        "prompt": [5, 17, 300, 41],
        "max_tokens": 6,
        "temperature": 0,
        "ignore_eos": True,
    }
    async with server.engine as client, client.post("v1/completions", json={**body, **fields}) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.text()


async def call(server: Server, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with server.engine as client:
        async with client.request(method, f"v1/dragoman/{path}", **options) as answer:
            return answer.status, await answer.json(content_type=None)


async def metrics(server: Server) -> dict[str, float]:
    async with server.engine as client, client.get("metrics") as answer:
        lines = (await answer.text()).splitlines()
    own = (line.rpartition(" ") for line in lines if line.startswith("dragoman_"))
    return {name: float(value) for name, _, value in own}


async def steered_requests(server: Server) -> float:
    label = f'{{profile="{server.kept.reference}"}}'
    return (await metrics(server)).get(f"dragoman_steering_requests_total{label}", 0)


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


async def test_a_profile_that_is_laid_into_the_folder_is_followed_and_so_is_its_going(server: Server) -> None:
    laid = random_profile("laid", "additive", server.config_hash, seed=10)
    arguments = Steering(laid.reference).arguments
    path = server.folder / "ضع.safetensors"
    write_profile(laid, path)
    assert await becomes(200, server, arguments)
    path.unlink()
    assert await becomes(400, server, arguments)
    status, shown = await call(server, "GET", "steering")
    assert (status, shown["profiles"], shown["not_taken"]) == (200, [server.kept.reference], {})


async def becomes(status: int, server: Server, arguments: dict[str, Any]) -> bool:
    """Whether a request comes to be answered so within some seconds: the folder is looked at once in one."""
    for _ in range(400):
        if (await complete(server, vllm_xargs=arguments, max_tokens=1))[0] == status:
            return True
        await asyncio.sleep(0.25)
    return False


@pytest.mark.parametrize("content", [b"", b"no profile", "तमिऴ் பதிவு".encode()])
async def test_what_is_no_profile_is_refused(server: Server, content: bytes) -> None:
    assert (await call(server, "POST", "profiles", data=content, headers=ADMIN))[0] == 400


async def test_a_profile_of_another_model_or_one_that_forces_too_much_is_refused(server: Server) -> None:
    other = serialise_profile(random_profile("other", "soft", "d" * 64))
    assert (await call(server, "POST", "profiles", data=other, headers=ADMIN))[0] == 400
    forcing = random_profile("forcing", "hard", server.config_hash)
    too_many = forcing.weights.copy()
    too_many[1] = 1.0
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
        server, vllm_xargs=Steering(server.kept.reference).arguments, prompt=[9, 8, 7], max_tokens=4
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
