"""The figures of a run as a table on the terminal, as markdown and as JSON."""

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.overhead_measurement import Measurement, median

_COLUMNS: tuple[tuple[str, Callable[[Measurement], str]], ...] = (
    ("p50 ms\n1 client", lambda m: f"{m.p50_1_ms:.2f}"),
    ("p99 ms\n1 client", lambda m: f"{m.p99_1_ms:.2f}"),
    ("p50 ms\n16 clients", lambda m: f"{m.p50_16_ms:.2f}"),
    ("p99 ms\n16 clients", lambda m: f"{m.p99_16_ms:.2f}"),
    ("req/s\n16 clients", lambda m: f"{m.requests_per_s:,.0f}"),
    ("CPU µs\na request", lambda m: f"{m.request_cpu_us:,.0f}"),
    ("first chunk\nms", lambda m: f"{m.first_chunk_1_ms:.2f}"),
    ("µs a chunk\nfull speed", lambda m: f"{m.chunk_us:.1f}"),
    ("CPU µs a\npaced chunk", lambda m: f"{m.paced_chunk_cpu_us:.1f}"),
)
_TABLE_WIDTH = 132


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found of one system, round by round. idle_cores: the CPU it uses when nothing is asked."""

    name: str
    version: str
    idle_cores: float
    rounds: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the benchmark. busy_cores: the machine's CPU in use before the first load; by then all
    systems are up and idle, so more than their `idle_cores` together means that others were at work."""

    began: datetime
    command: str
    busy_cores: float
    results: tuple[Result, ...]


def print_table(run: Run) -> None:
    """Prints one row a system, medians over the rounds."""
    table = Table(caption=_conditions(run))
    for title in _titles():
        table.add_column(title, justify="left" if title == "system" else "right")
    for row in _rows(run.results):
        table.add_row(*row)
    Console(width=_TABLE_WIDTH).print(table)


def markdown(run: Run) -> str:
    """The same table, to paste into docs/findings.md."""
    titles = [title.replace("\n", " ") for title in _titles()]
    lines = [titles, ["---"] + ["---:"] * len(_COLUMNS), *_rows(run.results)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"`{run.command}`\n\n{table}\n\n{_conditions(run)}\n"


def write(run: Run, folder: Path) -> None:
    """Writes ``overhead.json`` with every round, and ``overhead.md``."""
    document = {**asdict(run), "began": run.began.isoformat(timespec="seconds"), "machine": _machine()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overhead.json").write_text(
        json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    (folder / "overhead.md").write_text(markdown(run), encoding="utf-8")


def _titles() -> list[str]:
    return ["system", *(title for title, _ in _COLUMNS)]


def _rows(results: Sequence[Result]) -> list[list[str]]:
    medians = [(result.name, median(result.rounds)) for result in results]
    return [[name, *(shown(figures) for _, shown in _COLUMNS)] for name, figures in medians]


def _conditions(run: Run) -> str:
    versions = ", ".join(f"{result.name} {result.version}" for result in run.results)
    idle_cores = sum(result.idle_cores for result in run.results)
    return (
        f"{run.began:%Y-%m-%d %H:%M} UTC; {_machine()}; {versions}; medians of {len(run.results[0].rounds)} "
        f"rounds; before the first load {run.busy_cores:.2f} cores were busy, {idle_cores:.2f} of them with "
        f"these systems."
    )


def _machine() -> str:
    return (
        f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)
