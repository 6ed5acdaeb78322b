"""Checks and times the kernels on a GPU; needs torch, triton and numpy, and nothing else that we depend on.

Where there is an nvcc, the CUDA C++ kernel, too; where there is a compute-sanitizer, under it.

python -m benchmarks.kernels.cuda --out FILE

Each part has a process of its own and ends after --seconds; what it found by then stays. All ends after --minutes.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from benchmarks.kernels.cuda_parts import Finding, parts

SANITIZERS = ("memcheck", "racecheck")
FIRST_LESS_WANTED = "top-p, log-probabilities, 1 draws"
"""The part before which the sanitizers come."""

NAMES = ("Triton", "CUDA", "torch")


def main() -> None:
    """Prints findings as they come; fails where a token was wrong or a part was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="every finding, a line of JSON for each")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--seconds", type=float, default=100.0, help="for each part")
    parser.add_argument("--only", default="", help="parts whose name has this in it")
    parser.add_argument("--tiny", action="store_true", help="to try this command without a GPU")
    asked = parser.parse_args()
    began, bad, speed = time.monotonic(), 0, 0.0
    with asked.out.open("w", encoding="utf-8") as out, tempfile.TemporaryDirectory() as folder:
        for name, command, variables in commands(Path(folder), asked.only, tiny=asked.tiny):
            elapsed = time.monotonic() - began
            left = min(asked.seconds, asked.minutes * 60 - elapsed)
            print(f"[{elapsed:4.0f} s] {name}{'' if left > 0 else ': left out'}", flush=True)
            for finding in findings_of(name, command, variables, left) if left > 0 else ():
                _write(out, finding)
                speed = finding.get("read", speed)
                bad += is_bad(finding)
                print(line_of(finding, speed), flush=True)
    print(f"{bad} findings are bad; {time.monotonic() - began:.0f} s")
    raise SystemExit(int(bad > 0))


def commands(
    folder: Path, only: str, *, tiny: bool
) -> Iterator[tuple[str, Sequence[str | Path], dict[str, str]]]:
    """Of each part its name, command, and variables of the environment."""
    worker = (sys.executable, "-m", "benchmarks.kernels.cuda_parts")
    for name in parts():
        if name == FIRST_LESS_WANTED and not tiny:
            yield from _sanitized((*worker, "tokens", folder), only)
        if only in name or name == "machine":
            variables = {"TRITON_INTERPRET": "1"} if tiny else {}
            yield name, (*worker, name, folder, *(["--tiny"] if tiny else [])), variables


def _sanitized(
    command: Sequence[str | Path], only: str
) -> Iterator[tuple[str, Sequence[str | Path], dict[str, str]]]:
    for tool in SANITIZERS if shutil.which("compute-sanitizer", path=_path()) else ():
        if only in tool:
            # Without torch's cache, which hands out parts of what it was given: a read beyond one stays unseen.
            alone = {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
            yield tool, ("compute-sanitizer", "--tool", tool, "--error-exitcode", "9", *command), alone


def _path() -> str:
    """Where programs are, CUDA's too."""
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/cuda/bin"))


def findings_of(
    name: str, command: Sequence[str | Path], variables: dict[str, str], seconds: float
) -> Iterator[Finding]:
    """What a part prints, until it ends or its time is over; and how it ended, if not well."""
    with subprocess.Popen(
        command,
        env=os.environ | {"PATH": _path()} | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        watch = threading.Timer(seconds, _end, [process])
        watch.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
                else:
                    print(line, end="")
            code = process.wait()
        finally:
            watch.cancel()
            _end(process)
    if code:
        yield {"finding": "lost", "part": name, "what": f"ended with {code}"}


def _end(process: "subprocess.Popen[str]") -> None:
    """With all that it started, as a sanitizer starts the part and both hold the pipe."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def is_bad(finding: Finding) -> bool:
    """Whether something was wrong, or is not known as a part ended early."""
    return finding["finding"] in {"lost", "error"} or bool(finding.get("wrong"))


def line_of(finding: Finding, gb_per_s: float) -> str:
    """For people. gb_per_s: what memory can read, for the floor."""
    if finding["finding"] != "cell":
        return json.dumps(finding, ensure_ascii=False) if is_bad(finding) or "kernel" not in finding else "."
    floor_ms = finding["read_bytes"] / gb_per_s / 1e6 if gb_per_s else 0.0
    size = f"{finding['workload']} | {finding['draws']} | {finding['vocabulary']} | {finding['batch']}"
    return f"| {size} | {floor_ms * 1e3:.1f} | {_times(finding['ms'])} | {finding['wrong'] or ''} |"


def _times(ms: dict[str, float]) -> str:
    return " | ".join(f"{ms[name] * 1e3:.1f}" if name in ms else "–" for name in NAMES)


def _write(out: IO[str], finding: dict[str, Any]) -> None:
    out.write(json.dumps(finding, ensure_ascii=False) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
