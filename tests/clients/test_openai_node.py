"""The official Node client, in a process of its own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.conftest import KEY
from tests.gateway.engine_answers import EMBEDDINGS
from tests.gateway.served import Served
from tests.node_script import installed_script

HERE = Path(__file__).parent
ANSWER = "नमस्ते 👩‍👩‍👧"


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_script(HERE / "drive_openai.mjs", tmp_path_factory.mktemp("node"))


def _drive(script: Path, served: Served) -> dict[str, Any]:
    environment = {**os.environ, "BASE_URL": f"{served.url}/v1", "KEY": KEY}
    ran = subprocess.run(
        ["node", str(script)], env=environment, capture_output=True, text=True, encoding="utf-8", timeout=600
    )
    assert ran.returncode == 0, ran.stderr
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def test_the_node_client_gets_what_the_engine_says(script: Path, served: Served) -> None:
    got = _drive(script, served)
    assert got["chat"] == got["completion"] == got["response"] == ANSWER
    *chunks, last = got["chunks"]
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == ANSWER
    assert last["usage"]["total_tokens"] == 10
    deltas = [event["delta"] for event in got["events"] if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == ANSWER
    assert got["events"][-1]["type"] == "response.completed"
    assert got["embedding"] == EMBEDDINGS["data"][0]["embedding"]
    assert (got["models"], got["model"]) == (["tiny"], "tiny")
    assert got["language"]
    assert got["requestId"]
    assert served.engine.requests[0] == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "你好，مرحبا"}],
        "n": 2,
        "seed": 7,
        "unknown_field": {"ключ": [1]},
    }
    assert [(error["name"], error["status"], error["code"]) for error in got["refusals"]] == [
        ("AuthenticationError", 401, "invalid_api_key"),
        ("NotFoundError", 404, "model_not_found"),
        ("BadRequestError", 400, "invalid_value"),
    ]
    assert got["refusals"][2]["param"] == "temperature"
