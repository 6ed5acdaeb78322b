"""Starting and ending: whatever way a start ends, nothing of it is left, and the next one works.

The engine is a scripted one, since these tests are about Ray, HAProxy and the gateway.
"""

import asyncio
import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from tests.gateway.scripted_engine import ScriptedEngine, serve_scripted_engine
from tests.stack.running_stack import ENDS_WITHIN_S, RunningStack, started_stack, starting_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

POLICY = """
version: 1
engines:
  scripted:
    kind: http
    urls: ["{url}"]
    models: [tiny]
    timeouts: {{connect_s: 20, first_token_s: 20, total_s: 20}}
"""
NOBODY = "http://127.0.0.1:9/v1"


def _policy(folder: Path, url: str) -> Path:
    path = folder / "política.yaml"
    path.write_text(POLICY.format(url=url), encoding="utf-8")
    return path


@contextlib.asynccontextmanager
async def _started(folder: Path, engine: ScriptedEngine) -> AsyncIterator[RunningStack]:
    """Starting waits in a thread: meanwhile the engine answers in this event loop."""
    starting = started_stack(_policy(folder, engine.url))
    stack = await asyncio.to_thread(starting.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)


async def _streamed(stack: RunningStack) -> bytes:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "こんにちは"}], "stream": True}
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        async with client.post(f"{stack.url}/v1/chat/completions", json=body) as response:
            assert response.status == 200
            return await response.read()


def _press_ctrl_c(stack: RunningStack) -> None:
    """What a terminal does: every process of the group gets the signal."""
    os.killpg(stack.process.pid, signal.SIGINT)


def _terminate(stack: RunningStack) -> None:
    stack.process.terminate()


@pytest.mark.parametrize("end", [_press_ctrl_c, _terminate])
async def test_a_request_in_flight_ends_well_and_then_everything_ends(
    tmp_path: Path, end: Callable[[RunningStack], None]
) -> None:
    async with serve_scripted_engine() as engine, _started(tmp_path, engine) as stack:
        engine.says("こん", "にちは")
        engine.steps = [engine.steps[0], 3.0, *engine.steps[1:]]
        answer = asyncio.create_task(_streamed(stack))
        while not engine.working:
            await asyncio.sleep(0.02)
        end(stack)
        assert (await answer).endswith(b"data: [DONE]\n\n")
        assert await asyncio.to_thread(stack.process.wait, ENDS_WITHIN_S) == 0
        assert stack.survivors() == []


@pytest.mark.parametrize("after_s", [0.0, 0.5])
def test_a_start_that_is_interrupted_at_once_leaves_nothing(tmp_path: Path, after_s: float) -> None:
    with starting_stack(_policy(tmp_path, NOBODY)) as stack:
        while not _listens_to_sigterm(stack.process.pid):
            assert stack.process.poll() is None
            time.sleep(0.001)
        time.sleep(after_s)
        _interrupted(stack)
        assert "Traceback" not in stack.process.communicate()[0]


def _listens_to_sigterm(pid: int) -> bool:
    """Whether it has come to code of ours: before that, Python's own start may lose an interrupt."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("has_begun", ["gcs_server", "ServeController", "ServeReplica:gateway"])
def test_a_start_that_is_interrupted_leaves_nothing(tmp_path: Path, has_begun: str) -> None:
    with starting_stack(_policy(tmp_path, NOBODY)) as stack:
        while not any(has_begun in line for line in stack.survivors()):
            assert stack.process.poll() is None, stack.process.communicate()[0]
            time.sleep(0.05)
        _interrupted(stack)


def _interrupted(stack: RunningStack) -> None:
    _press_ctrl_c(stack)
    assert stack.process.wait(ENDS_WITHIN_S) != 0
    assert stack.survivors() == []


async def test_a_start_after_a_killed_one_works(tmp_path: Path) -> None:
    async with serve_scripted_engine() as engine:
        async with _started(tmp_path, engine) as killed:
            killed.process.kill()
            await asyncio.to_thread(killed.process.wait)
            haproxies = [line for line in killed.survivors() if "haproxy" in line and " -f " in line]
            assert haproxies, "killed with -9, its HAProxy is left behind"
            async with _started(tmp_path, engine) as stack:
                assert not set(haproxies) & set(killed.survivors())
                engine.says("สวัสดี")
                assert "สวัสดี".encode() in await _streamed(stack)


def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        starting_stack(_policy(tmp_path, NOBODY), "--port", str(listener.getsockname()[1])) as stack,
    ):
        said, _ = stack.process.communicate(timeout=ENDS_WITHIN_S)
        assert stack.process.returncode == 1
        assert "--port" in said
        assert "Ray" not in said
        assert stack.survivors() == []


def _refused(policy: str, folder: Path) -> str:
    path = folder / "policy.yaml"
    path.write_text(f"version: 1\nengines:\n  {policy}\n", encoding="utf-8")
    with starting_stack(path) as stack:
        said, _ = stack.process.communicate(timeout=ENDS_WITHIN_S)
        assert stack.process.returncode == 1
        assert stack.survivors() == []
    return said


def test_a_key_that_is_not_set_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    engine = 'elsewhere: {kind: http, urls: ["http://127.0.0.1:9/v1"], api_key_env: NO_SUCH_KEY}'
    said = _refused(engine, tmp_path)
    assert "NO_SUCH_KEY" in said
    assert "Ray" not in said


def test_a_model_that_cannot_be_loaded_is_named_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ray would try it three times.
    monkeypatch.setenv("RAY_SERVE_MAX_PER_REPLICA_RETRY_COUNT", "1")
    missing = tmp_path / "ไม่มี"
    said = _refused(f"broken: {{kind: local, model: {missing}, served_name: x}}", tmp_path)
    assert "engine-broken could not be started" in said
    assert str(missing) in said
    assert "Traceback" not in said
