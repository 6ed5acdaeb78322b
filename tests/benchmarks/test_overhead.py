import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from benchmarks.overhead_measurement import Measurement

ROOT = Path(__file__).parents[2]


def overhead(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.overhead", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=800)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_a_quick_run_measures_the_stub_and_the_gateway_and_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"OVERHEAD_TEST={tmp_path}"
    monkeypatch.setenv(*mark.split("="))  # whatever is started inherits it
    done = overhead("--quick", "--only", "uvicorn", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "overhead.json").read_text())["results"]
    stub, gateway = ({"name": result["name"], **result["rounds"][0]} for result in results)
    assert (stub["name"], gateway["name"]) == ("stub", "uvicorn")
    assert set(gateway) == {"name", *(field.name for field in fields(Measurement))}
    for figure in (
        "p50_1_ms",
        "p99_1_ms",
        "p50_16_ms",
        "requests_per_s",
        "request_cpu_us",
        "first_chunk_1_ms",
    ):
        assert 0 < stub[figure] < 1e6
        assert 0 < gateway[figure] < 1e6
    # Of all figures the one in which a busy machine does not tell: p99 came out four times as long for the stub.
    assert stub["request_cpu_us"] < gateway["request_cpu_us"]
    assert "uvicorn" in done.stdout
    assert not _marked(mark)


def test_the_help_tells_what_is_compared() -> None:
    done = overhead("--help")
    assert done.returncode == 0
    for word in ("--only", "--quick", "--litellm-venv", "--vllm-router-venv", "wrk", "127.0.0.1"):
        assert word in done.stdout


def test_an_unknown_system_is_named() -> None:
    done = overhead("--only", "stub,nginx")
    assert done.returncode == 2
    assert "'nginx' is none of uvicorn, ray, litellm, vllm-router" in " ".join(done.stderr.split())


def test_a_system_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = overhead("--only", "vllm-router")
    assert done.returncode == 2
    assert "vllm-router is not installed" in done.stderr


def _marked(mark: str) -> list[int]:
    environments = Path("/proc").glob("[0-9]*/environ")
    return [int(path.parent.name) for path in environments if mark in _environment(path)]


def _environment(path: Path) -> str:
    try:
        return path.read_text(errors="replace").replace("\0", "\n")
    except OSError:  # it has ended, or is not ours
        return ""
