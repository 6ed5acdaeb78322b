"""Parts of `benchmarks.kernels.cuda` as processes: what they print, until they end, hang or fail."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.kernels.cuda_place import Finding

MOST_LOSSES = 3
"""Points lost one after another, after which no more are tried."""


def program_path() -> str:
    """Where programs are, CUDA's too."""
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/cuda/bin"))


def findings_of(
    name: str,
    command: Sequence[str | Path],
    variables: Mapping[str, str],
    *,
    silence_s: float,
    deadline: float,
) -> Iterator[Finding]:
    """What a part prints, until it ends, says nothing for so long, or the time is over; and how, if not well.

    The last is "lost", or "cut" where the time was over.

    deadline: by `time.monotonic`.
    """
    with subprocess.Popen(
        command,
        env={**os.environ, "PATH": program_path(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        watch = _watch(process, silence_s, deadline)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                watch.cancel()
                if line.startswith("{"):
                    yield json.loads(line)
                else:
                    print(line, end="")
                watch = _watch(process, silence_s, deadline)
            code = process.wait()
        finally:
            watch.cancel()
            _end(process)
    if code:
        is_over = time.monotonic() >= deadline
        yield {"finding": "cut" if is_over else "lost", "part": name, "what": f"ended with {code}"}


def timed_points(
    names: Sequence[str], run: Callable[[int], Iterator[Finding]], first: int
) -> Iterator[Finding]:
    """What timing finds, begun anew after each point that ends or holds up its process.

    names: of the points up to the last that is to be timed. run: findings of a process that times from the point with
    a number on; `number` says which one a cell is. first: the number of the first.
    """
    losses = 0
    while first < len(names) and losses < MOST_LOSSES:
        found = {}
        for found in run(first):
            if found["finding"] != "lost":
                yield found
                first, losses = found.get("number", first - 1) + 1, 0
        if found.get("finding") != "lost" or first >= len(names):
            return
        yield found | {"part": names[first]}
        first, losses = first + 1, losses + 1


def _watch(process: "subprocess.Popen[str]", silence_s: float, deadline: float) -> threading.Timer:
    watch = threading.Timer(max(0.0, min(silence_s, deadline - time.monotonic())), _end, [process])
    watch.daemon = True
    watch.start()
    return watch


def _end(process: "subprocess.Popen[str]") -> None:
    """With all that it started, as a sanitizer starts the part and both hold the pipe."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
