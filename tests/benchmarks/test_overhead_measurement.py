import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.overhead_measurement import QUICK, Bench, Subject, _settle
from benchmarks.stub_engine import StubEngine


@dataclass
class CalmsDown:
    """A system whose CPU time grows for a while after its load, told by what it has used whenever it is asked."""

    used_s: list[float]

    def cpu_s(self) -> float:
        return self.used_s.pop(0)


async def test_a_system_that_is_still_at_work_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.overhead_measurement._WATCH_S", 0.01)
    busy, idle = [0.0, 0.008, 0.008, 0.011], [0.011, 0.0112]
    running: Any = CalmsDown([*busy, *idle, 9.0])
    async with await StubEngine().listen() as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.to_thread(_settle, Bench(url, tmp_path, QUICK), Subject(running, idle_cores=0.0))
    assert running.used_s == [9.0]
