import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.overhead_measurement import QUICK, Bench, Subject, _settle
from benchmarks.process import RunningServer, Server
from benchmarks.stub_engine import StubEngine

CALMS_DOWN = (
    "import time; end = time.process_time() + 0.8\nwhile time.process_time() < end: pass\ntime.sleep(600)"
)


async def test_a_system_that_is_still_at_work_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What others leave of a busy machine may be far below a fifth of a core.
    monkeypatch.setattr("benchmarks.overhead_measurement._SETTLED_CORES", 0.02)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CALMS_DOWN)
    running = RunningServer(Server("busy", "1", (), 1, "/"), psutil.Process(process.pid))
    try:
        while running.cpu_s() < 0.05:
            await asyncio.sleep(0.01)
        async with await StubEngine().listen() as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            await asyncio.to_thread(_settle, Bench(url, tmp_path, QUICK), Subject(running, idle_cores=0.0))
        assert running.cpu_s() >= 0.8
    finally:
        process.kill()
        await process.wait()
