"""`dragoman serve` in one process: started as a user would, in front of a scripted engine."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner, Result

from gateway.command_line import main
from gateway.ray_serve.processes import free_port
from tests.gateway.scripted_engine import DONE, ScriptedEngine, chunk

KEY = "sk-process"
ASK = {"model": "tiny", "messages": [{"role": "user", "content": "Сәлеметсіз бе, қалыңыз қалай?"}]}


@asynccontextmanager
async def serving(*options: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    async with starting(KEY, *options) as (url, process):
        await _says(process, "Ctrl-C ends it")
        yield url, process


@asynccontextmanager
async def starting(key: str, *options: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("dragoman")),
        *("serve", *options, "--port", str(port)),
        env={**os.environ, "DRAGOMAN_API_KEY": key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _says(process: asyncio.subprocess.Process, words: str) -> str:
    said = ""
    assert process.stdout is not None
    async with asyncio.timeout(600):
        while words not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"})


async def test_an_engine_is_all_that_must_be_named(engine: ScriptedEngine) -> None:
    engine.says("Жақсы, рақмет")
    async with serving("--engine", engine.url) as (url, _), _client() as client:
        async with client.post(f"{url}/v1/chat/completions", json=ASK) as response:
            assert response.status == 200
            assert response.headers["x-dragoman-language"] == "kk"
        async with client.get(f"{url}/ready") as response:
            assert response.status == 200


async def test_requests_in_flight_end_before_the_process_does(engine: ScriptedEngine) -> None:
    engine.steps = [chunk("Бір"), 1.0, chunk("екі"), DONE]
    async with serving("--engine", engine.url) as (url, process), _client() as client:
        async with client.post(f"{url}/v1/chat/completions", json={**ASK, "stream": True}) as response:
            process.send_signal(signal.SIGTERM)
            assert (await response.read()).endswith(DONE)
        assert await asyncio.wait_for(process.wait(), 600) in (0, -signal.SIGTERM)


async def test_a_hangup_reads_the_policy_again_and_a_wrong_one_changes_nothing(
    engine: ScriptedEngine, tmp_path: Path
) -> None:
    engine.models = ("tiny", "large")
    engine.says("Жақсы")
    path = tmp_path / "policy.yaml"
    plain = f"version: 1\nengines:\n  house: {{kind: http, urls: ['{engine.url}']}}\n"
    path.write_text(plain)
    async with serving("--config", str(path), "--without-ray") as (url, process), _client() as client:
        for text, said, model in (
            (plain + "default: {kind: route, model: large}\n", "in force", "large"),
            (plain + "default: {kind: rout}\n", "policy.yaml:4", "large"),
        ):
            path.write_text(text)
            process.send_signal(signal.SIGHUP)
            await _says(process, said)
            async with client.post(f"{url}/v1/chat/completions", json=ASK) as response:
                assert response.status == 200
            assert engine.requests[-1]["model"] == model
        async with client.get(f"{url}/metrics") as response:
            metrics = await response.text()
    assert 'dragoman_policy_reloads_total{outcome="applied"} 1.0' in metrics
    assert 'dragoman_policy_reloads_total{outcome="refused"} 1.0' in metrics


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "not a url"], "--engine not a url: must be a base URL"),
        (["--engine", "http://x/v1", "--engine-key-env", "SURELY_NOT_SET"], "SURELY_NOT_SET is not set"),
        (["--engine", "http://x/v1", "--config", "x.yaml"], "exclude each other"),
        (["--host", "0.0.0.0"], "--host goes with"),
        (["--engine-key-env", "X"], "goes with --engine"),
        (["--without-ray"], "needs Ray"),
        (["--config", "/nowhere.yaml"], "/nowhere.yaml: No such file"),
        (["--keys", "/nowhere.yaml", "--engine", "http://x/v1"], "/nowhere.yaml"),
        (["--keys", "/nowhere.yaml"], "/nowhere.yaml"),
        (["--engine", "http://x/v1", "--host", "203.0.113.7"], "--host 203.0.113.7: Cannot assign"),
        (["--engine", "http://x/v1", "--host", "2001:db8::zz"], "--host 2001:db8::zz: "),
        (["--engine", "http://x/v1", "--host", "ἥλιος..gr"], "--host ἥλιος..gr: "),
    ],
)
def test_what_cannot_be_served_is_said_before_anything_starts(
    options: list[str], message: str, tmp_path: Path
) -> None:
    result = serve_in_vain(tmp_path, *options)
    assert message in result.output


@pytest.mark.parametrize("options", [["--engine", "http://x/v1"], []])
def test_a_port_that_is_taken_is_said_before_anything_starts(options: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = serve_in_vain(tmp_path, *options, "--port", str(port))
    assert f"port {port}: Address already in use" in result.output


def serve_in_vain(tmp_path: Path, *options: str) -> Result:
    """A start that fails at once: it says one thing, makes nothing and shows no key."""
    cache = tmp_path / "cache"
    environment = {"DRAGOMAN_API_KEY": "", "XDG_CACHE_HOME": str(cache)}
    result = CliRunner().invoke(main, ["serve", *options], env=environment)
    assert result.exit_code in (1, 2)
    assert "dgm-" not in result.output
    assert "Traceback" not in result.output
    assert not cache.exists()
    return result


async def test_a_key_that_was_made_is_shown_once_it_can_be_used(engine: ScriptedEngine) -> None:
    engine.says("Жақсы")
    async with starting("", "--engine", engine.url) as (url, process), aiohttp.ClientSession() as client:
        said = await _says(process, "Ctrl-C ends it")
        [key] = set(re.findall(r"dgm-[\w-]+", said))
        assert f"export DRAGOMAN_API_KEY={key}\n" in said
        headers = {"Authorization": f"Bearer {key}"}
        async with client.post(f"{url}/v1/chat/completions", json=ASK, headers=headers) as response:
            assert response.status == 200
