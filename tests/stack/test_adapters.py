"""A LoRA adapter for one language, beside its model on one vLLM replica behind the gateway."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import torch
import yaml
from safetensors.torch import save_file
from transformers import AutoConfig

from gateway.embedded_model import default_cache_dir, prepare_embedded_model
from tests.stack.running_stack import RunningStack, started_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

MODEL, ADAPTER = "smollm2-135m-instruct", "smollm2-hi"
RANK = 4
HINDI = "केन्या की राजधानी क्या है और वह किस लिए प्रसिद्ध है?"
OTHERS = (
    "ما هي عاصمة كينيا ولماذا هي مشهورة؟",
    "เมืองหลวงของประเทศเคนยาคือเมืองอะไร",
    "What is the capital of Kenya?",
)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folder = tmp_path_factory.mktemp("adapters")
    save_random_adapter(folder / "hi")
    engine = {
        "kind": "local",
        "model": "embedded",
        "served_name": MODEL,
        "adapters": {ADAPTER: str(folder / "hi")},
        "vllm": {"dtype": "bfloat16", "enforce_eager": True, "max_model_len": 512, "max_num_seqs": 8},
    }
    rule = {"name": "Hindi", "when": {"language": ["hi"]}, "strategy": {"kind": "route", "model": ADAPTER}}
    policy = folder / "policy.yaml"
    policy.write_text(yaml.safe_dump({"version": 1, "engines": {"smollm2": engine}, "rules": [rule]}))
    with started_stack(policy) as stack:
        yield stack


def save_random_adapter(folder: Path) -> None:
    """An adapter that says something else than its model; what, means nothing."""
    config = AutoConfig.from_pretrained(prepare_embedded_model(default_cache_dir(), lambda _: None))
    draw = torch.Generator().manual_seed(0)
    tensors = {}
    for layer in range(config.num_hidden_layers):
        place = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        width = config.hidden_size
        tensors[f"{place}.lora_A.weight"] = torch.randn(RANK, width, generator=draw) / 4
        tensors[f"{place}.lora_B.weight"] = torch.randn(width, RANK, generator=draw) / 4
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    described = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK, "target_modules": ["q_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(described))


async def _ask(stack: RunningStack, question: str, model: str = MODEL) -> tuple[str, str, str]:
    """The answer, the model that says it gave it, and the strategy."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 12,
        "temperature": 0,
    }
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with aiohttp.ClientSession(stack.url, headers=headers) as client:
        async with client.post("/v1/chat/completions", json=body) as response:
            answer = await response.json()
            assert response.status == 200, answer
            text = answer["choices"][0]["message"]["content"]
            return text, answer["model"], response.headers["x-dragoman-strategy"]


async def test_a_rule_routes_one_language_to_its_adapter(adapted: RunningStack) -> None:
    text, model, strategy = await _ask(adapted, HINDI)
    assert (model, strategy) == (ADAPTER, "route")
    assert text == (await _ask(adapted, HINDI, ADAPTER))[0]
    for question in OTHERS:
        unadapted, model, strategy = await _ask(adapted, question)
        assert (model, strategy) == (MODEL, "direct")
        assert unadapted != (await _ask(adapted, question, ADAPTER))[0]


async def test_requests_without_the_adapter_do_without_it_beside_others_that_have_it(
    adapted: RunningStack,
) -> None:
    """With no free place for adapters vLLM's CPU build gave everyone in the batch the last one."""
    adapted_alone = [(await _ask(adapted, question, ADAPTER))[0] for question in OTHERS]
    together = await asyncio.gather(
        *(_ask(adapted, question, model) for question in OTHERS for model in (MODEL, ADAPTER))
    )
    for (plain, model, _), with_adapter in zip(together[::2], adapted_alone, strict=True):
        assert model == MODEL
        assert plain != with_adapter


async def test_an_adapter_is_listed_among_the_models(adapted: RunningStack) -> None:
    headers = {"Authorization": f"Bearer {adapted.key}"}
    async with aiohttp.ClientSession(adapted.url, headers=headers) as client:
        async with client.get("/v1/models") as response:
            assert {model["id"] for model in (await response.json())["data"]} == {MODEL, ADAPTER}
