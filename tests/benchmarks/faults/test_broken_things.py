"""What the faults do to a site: that a disk is full and a clock wrong, and that both are right again afterwards."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.faults.clock import clock_put, own_clock
from benchmarks.faults.disk import disk_full, small_disk
from benchmarks.faults.site import Site

CLOCKS = "import time; print(time.time(), time.monotonic())"


def site(folder: Path) -> Site:
    return Site(folder, gateway=None, engines=(), later=[])  # type: ignore[arg-type]


async def test_a_full_disk_takes_nothing_and_then_everything_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    try:
        with small_disk(tmp_path, "1m"):
            log.write_text("नमस्ते", "utf-8")
            async with disk_full(site(tmp_path)):
                with pytest.raises(OSError, match="No space left"), log.open("ab") as file:
                    file.write(b"\0" * 8192)
            log.write_bytes(b"\0" * 500_000)
    except BenchmarkError as error:
        pytest.skip(str(error))
    assert not log.exists()


async def test_a_clock_is_put_back_and_right_again_and_seconds_are_counted_on(tmp_path: Path) -> None:
    try:
        variables = own_clock(tmp_path)
    except BenchmarkError as error:
        pytest.skip(str(error))

    def wall_and_steady() -> tuple[float, float]:
        said = subprocess.run(
            [sys.executable, "-S", "-c", CLOCKS],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        wall, steady = said.split()
        return float(wall), float(steady)

    async with clock_put(-3600)(site(tmp_path)):
        wall, steady = wall_and_steady()
        assert wall == pytest.approx(time.time() - 3600, abs=30)
        assert steady == pytest.approx(time.monotonic(), abs=30)
    assert wall_and_steady()[0] == pytest.approx(time.time(), abs=30)
