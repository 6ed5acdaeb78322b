import asyncio
import shutil
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.prompts import chat_requests
from benchmarks.stub_engine import StubEngine
from benchmarks.unary_load import UnaryLoad, run_unary_load

pytestmark = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    path = tmp_path / "bodies.jsonl"
    path.write_text("".join(f"{body}\n" for body in chat_requests("stub", 4)), encoding="utf-8")
    return path


async def test_wrk_sends_every_prompt_and_counts_the_answers(bodies: Path) -> None:
    engine = StubEngine()
    async with await engine.listen() as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/chat/completions"
        times = await asyncio.to_thread(run_unary_load, UnaryLoad(bodies, 4, 1), url, "key")
    assert 0 <= engine.stats.finished - times.requests <= 4  # wrk does not count what the end cut off
    assert 0 < times.p50_ms <= times.p99_ms
    assert times.requests_per_s == pytest.approx(times.requests / times.duration_s)


async def test_refused_requests_are_an_error(bodies: Path) -> None:
    async with await StubEngine().listen() as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/nothing"
        with pytest.raises(BenchmarkError, match="failed"):
            await asyncio.to_thread(run_unary_load, UnaryLoad(bodies, 1, 1), url, "key")
