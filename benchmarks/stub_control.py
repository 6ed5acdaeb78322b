"""Asks a running stub engine how it is doing, and tells it how fast to speak."""

import json
import time
import urllib.request
from dataclasses import asdict
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.stub_pace import Pace


def set_pace(engine_url: str, pace: Pace) -> None:
    """Sets the pace of all later answers of the stub at ``http://host:port``."""
    _ask(f"{engine_url}/pace", json.dumps(asdict(pace)).encode())


def answers_begun(engine_url: str) -> int:
    """How many answers the stub has begun since it started."""
    return int(_ask(f"{engine_url}/stats")["begun"])


def wait_until_idle(engine_url: str, timeout_s: float = 60.0) -> None:
    """Returns when no answer is in flight. Raises `BenchmarkError` where one still is after `timeout_s`.

    A system that reads on after its client has gone would else spend the next load's time on the last one.
    """
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        stats = _ask(f"{engine_url}/stats")
        if stats["begun"] == stats["finished"] + stats["aborted"]:
            return
        time.sleep(0.05)
    raise BenchmarkError(f"answers were still in flight {timeout_s:.0f} s after their clients had gone")


def _ask(url: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(url, data=body, timeout=5) as response:
        return json.load(response)
