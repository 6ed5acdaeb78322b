import asyncio
import sys
from pathlib import Path

import psutil

from benchmarks.overhead_measurement import QUICK, Bench, Subject, _settle
from benchmarks.process import RunningServer, Server
from benchmarks.stub_engine import StubEngine

CALMS_DOWN = (
    "import time; end = time.process_time() + 0.8\nwhile time.process_time() < end: pass\ntime.sleep(600)"
)


async def test_a_system_that_is_still_at_work_is_waited_for(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CALMS_DOWN)
    running = RunningServer(Server("busy", "1", (), 1, "/"), psutil.Process(process.pid))
    async with await StubEngine().listen() as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.to_thread(_settle, Bench(url, tmp_path, QUICK), Subject(running, idle_cores=0.0))
    assert running.cpu_s() >= 0.8
    process.kill()
    await process.wait()
