"""What is counted, under which labels, and that processes add up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.metrics import MULTIPROCESS_VARIABLE, Metrics, language_label
from tests.gateway.conftest import Running
from tests.gateway.scripted_engine import ScriptedEngine

ONE_PROCESS = """
from gateway.metrics import Metrics
from gateway.record import Record
metrics = Metrics()
for language in ("sw", "th", "th"):
    record = Record("id", "POST", "/", endpoint="chat/completions", model="tiny", strategy="direct", status=200)
    record.language = language
    metrics.count_request(record)
metrics.inflight.set(2)
print(metrics.exposition().decode())
"""


def test_two_processes_that_share_a_folder_add_up(tmp_path: Path) -> None:
    environment = {**os.environ, MULTIPROCESS_VARIABLE: str(tmp_path)}
    told = [
        subprocess.run(
            [sys.executable, "-c", ONE_PROCESS], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    labels = 'endpoint="chat/completions",language="th",model="tiny",status="200",strategy="direct"'
    assert f"dragoman_requests_total{{{labels}}} 2.0" in told[0]
    assert f"dragoman_requests_total{{{labels}}} 4.0" in told[1]


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("sw", "sw"),
        ("zh-Hant", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("hi-Latn", "hi-Latn"),
        ("de-AT", "de"),
        ("und", "und"),
        ("und-Latn", "und-Latn"),
        ("und-Thai", "und"),
        ("tlh", "other"),
        ("x-made-up", "other"),
        ("qaa", "other"),
    ],
)
def test_languages_in_labels_are_bounded(tag: str, label: str) -> None:
    assert language_label(tag) == label


async def test_a_request_is_counted_with_its_tokens_and_its_times(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.says("Habari", "yako")
    ask = {"model": "tiny", "stream": True, "messages": [{"role": "user", "content": "สวัสดีตอนเช้า"}]}
    async with running.client.post("/v1/chat/completions", json=ask) as response:
        await response.read()
    async with running.client.get("/metrics") as response:
        text = await response.text()
    answered = 'endpoint="chat/completions",language="th",model="tiny",status="200",strategy="direct"'
    assert f"dragoman_requests_total{{{answered}}} 1.0" in text
    assert 'dragoman_tokens_total{kind="prompt",model="tiny",purpose="answer"} 7.0' in text
    assert 'dragoman_tokens_total{kind="completion",model="tiny",purpose="answer"} 3.0' in text
    call = 'engine="scripted",model="tiny",outcome="ok",purpose="answer"'
    assert f"dragoman_engine_calls_total{{{call}}} 1.0" in text
    assert 'dragoman_time_to_first_token_seconds_count{model="tiny",strategy="direct"} 1.0' in text
    assert 'dragoman_gateway_seconds_count{endpoint="chat/completions"} 1.0' in text
    assert "dragoman_inflight_requests 0.0" in text


async def test_models_that_clients_make_up_do_not_become_labels(running: Running) -> None:
    for number in range(3):
        ask = {"model": f"made-up-{number}", "messages": [{"role": "user", "content": "hi"}]}
        async with running.client.post("/v1/chat/completions", json=ask) as response:
            assert response.status == 404
    async with running.client.get("/metrics") as response:
        assert "made-up" not in await response.text()


async def test_codes_that_engines_make_up_do_not_become_labels_but_reach_the_client(
    running: Running, engine: ScriptedEngine
) -> None:
    engine.status, ask = 400, {"model": "tiny", "messages": [{"role": "user", "content": "Ẹ káàárọ̀"}]}
    for number in range(3):
        engine.document = {"error": {"message": "ko dára", "code": f"made up {number}"}}
        async with running.client.post("/v1/chat/completions", json=ask) as response:
            assert (await response.json())["error"]["code"] == f"made up {number}"
    async with running.client.get("/metrics") as response:
        text = await response.text()
    assert "made up" not in text
    assert 'dragoman_refused_total{code="engine_refused"} 3.0' in text


def test_every_metric_has_a_help_text() -> None:
    lines = Metrics().exposition().decode().splitlines()
    assert all(len(line.split(" ", 3)) == 4 for line in lines if line.startswith("# HELP"))
