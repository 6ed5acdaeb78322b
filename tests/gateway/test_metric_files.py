"""Metrics on a full disk: a process that counts must not die of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.faults.disk import fill, small_disk
from gateway.metric_files import METRIC_KINDS, reserve_metric_files

COUNT = """
import sys
from pathlib import Path
from benchmarks.faults.disk import fill
from gateway.metric_files import reserve_metric_files
from gateway.metrics import Metrics
folder = Path(sys.argv[1])
if sys.argv[2] == "reserved":
    reserve_metric_files(folder)
metrics = Metrics()
fill(folder / "filler")
for number in range(1000):
    metrics.reloads.labels(f"सफल {number}").inc()
    metrics.gateway_s.labels(f"endpoint {number}").observe(0.001)
print(sorted(path.name.rpartition("_")[0] for path in folder.glob("*.db")))
"""


def count(folder: Path, how: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-c", COUNT, str(folder), how]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(("how", "signal_number"), [("reserved", 0), ("as it comes", signal.SIGBUS)])
def test_who_has_reserved_the_room_counts_on_when_the_disk_is_full(
    tmp_path: Path, how: str, signal_number: int
) -> None:
    try:
        with small_disk(tmp_path, "16m"):
            done = count(tmp_path, how)
    except BenchmarkError as error:
        pytest.skip(str(error))
    assert done.returncode == -signal_number, done.stderr
    if not signal_number:
        assert done.stdout.strip() == str(sorted(METRIC_KINDS))


def test_the_room_is_there_and_not_only_promised(tmp_path: Path) -> None:
    reserve_metric_files(tmp_path / "metrics")
    files = list((tmp_path / "metrics").iterdir())
    assert len(files) == len(METRIC_KINDS)
    assert all(file.stat().st_blocks * 512 >= 4 << 20 for file in files)


def test_a_disk_that_has_no_room_is_told_at_the_start(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path, "1m"):
            fill(tmp_path / "filler")
            with pytest.raises(OSError, match="No space left"):
                reserve_metric_files(tmp_path)
    except BenchmarkError as error:
        pytest.skip(str(error))
