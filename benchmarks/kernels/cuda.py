"""Checks and times the kernels on a GPU; needs torch, triton and numpy, and nothing else that we depend on.

Where there is an nvcc, the CUDA C++ kernel, too; where there is a compute-sanitizer, under it. Beside them vLLM's own
sampling and FlashInfer's, where they can be imported, and a plain torch chain.

python -m benchmarks.kernels.cuda --out FILE

Each part has a process of its own, which ends after --seconds without a word; what it found by then stays. All ends
after --minutes, with what was not timed by then by name, and the goals that were met and missed.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.kernels.cuda_goals import verdicts
from benchmarks.kernels.cuda_grid import grid, most_wanted
from benchmarks.kernels.cuda_place import Finding
from benchmarks.kernels.cuda_process import findings_of, program_path, timed_points
from benchmarks.kernels.cuda_report import HEADER, is_bad, line_of, summary

SANITIZERS = ("memcheck", "racecheck")
SANITIZER_S = 60.0
"""Of each: they slow everything down many times, and the times are wanted, too."""


PEERS_S = 200.0
"""For the first call of a peer, at least."""


def main() -> None:
    """Prints findings as they come; fails where a token was wrong or a part was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="every finding, a line of JSON for each")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--seconds", type=float, default=100.0, help="for each finding")
    parser.add_argument("--only", default="", help="parts whose name has this in it")
    parser.add_argument("--tiny", action="store_true", help="to try this command without a GPU")
    asked = parser.parse_args()
    began, bad = time.monotonic(), 0
    points = [point.name for point in grid(tiny=asked.tiny)]
    with asked.out.open("w", encoding="utf-8") as out, tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), asked.only, asked.tiny, asked.seconds, began + asked.minutes * 60)
        found = run.findings(points, most_wanted(tiny=asked.tiny))
        for finding, line in reported(found, points, is_judged=not asked.tiny):
            out.write(json.dumps(finding, ensure_ascii=False) + "\n")
            out.flush()
            bad += is_bad(finding)
            if line:
                print(line, flush=True)
    print(f"{bad} findings are bad; {time.monotonic() - began:.0f} s")
    raise SystemExit(int(bad > 0))


@dataclass(frozen=True, slots=True)
class Run:
    """Of all parts. folder: for what is compiled. silence_s: for each finding. deadline: by `time.monotonic`."""

    folder: Path
    only: str
    is_tiny: bool
    silence_s: float
    deadline: float

    def findings(self, points: Sequence[str], wanted_most: int) -> Iterator[Finding]:
        """All, in the order in which they are wanted; nothing after the machine's where that has no GPU."""
        machine = list(self._part("machine"))
        yield from machine
        if any(finding.get("of") == "machine" for finding in machine):
            return
        # FlashInfer may have to be compiled.
        yield from replace(self, silence_s=max(self.silence_s, PEERS_S))._part("peers")
        for part in ("tokens", "steering"):
            yield from self._part(part) if self.only in part else ()
        yield from self._times(points, 0, wanted_most)
        yield from self._sanitized()
        yield from self._times(points, wanted_most, len(points))

    def _part(self, part: str, *options: str) -> Iterator[Finding]:
        tiny = ("--tiny",) if self.is_tiny else ()
        variables = {"TRITON_INTERPRET": "1"} if self.is_tiny else {}
        return self._found(part, (*self._worker(part), *options, *tiny), variables, self.deadline)

    def _times(self, points: Sequence[str], first: int, last: int) -> Iterator[Finding]:
        def run(number: int) -> Iterator[Finding]:
            return self._part("times", "--first", str(number), "--last", str(last))

        if self.only in "times":
            yield from timed_points(points[:last], run, first)

    def _sanitized(self) -> Iterator[Finding]:
        if self.is_tiny or shutil.which("compute-sanitizer", path=program_path()) is None:
            return
        # Without torch's cache, which hands out parts of what it was given: a read beyond one stays unseen.
        alone = {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
        for tool in (tool for tool in SANITIZERS if self.only in tool):
            command = ("compute-sanitizer", "--tool", tool, "--error-exitcode", "9", *self._worker("tokens"))
            yield from self._found(tool, command, alone, min(self.deadline, time.monotonic() + SANITIZER_S))

    def _worker(self, part: str) -> Sequence[str | Path]:
        return (sys.executable, "-m", "benchmarks.kernels.cuda_parts", part, self.folder)

    def _found(
        self, name: str, command: Sequence[str | Path], variables: dict[str, str], deadline: float
    ) -> Iterator[Finding]:
        left_s = deadline - time.monotonic()
        print(f"{name}: {f'{left_s:.0f} s at most' if left_s > 0 else 'left out'}", flush=True)
        if left_s > 0:
            yield from findings_of(name, command, variables, silence_s=self.silence_s, deadline=deadline)


def reported(
    findings: Iterable[Finding], points: Sequence[str], *, is_judged: bool
) -> Iterator[tuple[Finding, str]]:
    """Each finding and its line; after all the goals at each point, and what was not timed.

    is_judged: False where times say nothing, as the interpreter's.
    """
    gb_per_s, cells = 0.0, []
    for finding in findings:
        if finding["finding"] == "bandwidth":
            gb_per_s = max(finding["read"], finding["copied"])
        if finding["finding"] == "cell":
            cells.append(finding)
        yield (
            finding,
            (f"{HEADER}\n" if len(cells) == 1 and cells[0] is finding else "") + line_of(finding, gb_per_s),
        )
    judging = cells if is_judged and gb_per_s else []
    judged = [verdict for cell in judging for verdict in verdicts(cell, gb_per_s)]
    unmeasured = sorted(set(points) - {cell["name"] for cell in cells}, key=points.index)
    for verdict in judged:
        yield verdict.finding(), ""
    yield {"finding": "not timed", "points": unmeasured}, "\n".join(summary(judged, unmeasured, len(points)))


if __name__ == "__main__":
    main()
