"""A disk of a site's own that is small enough to fill: a tmpfs, which needs root."""

import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.faults.site import Site

_BLOCK = b"\0" * 4096


@contextlib.contextmanager
def small_disk(folder: Path, size: str = "256m") -> Iterator[None]:
    """Makes the folder one. size: as `mount` takes it. Raises `BenchmarkError` where that is not allowed."""
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    if mounted.returncode:
        raise BenchmarkError(f"a disk of its own needs root: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def all_on_it(folder: Path) -> Mapping[str, str]:
    """What makes the gateway keep everything there that it writes: its logs, its metrics, and all of Ray's.

    HAProxy's socket is not: its path may have 97 characters, and Ray puts it deep below /tmp.
    """
    return {
        "DRAGOMAN_ACCESS_LOG": "true",
        "DRAGOMAN_METRICS_DIR": str(folder / "metrics"),
        "RAY_TMPDIR": str(folder),
    }


@contextlib.asynccontextmanager
async def disk_full(site: Site) -> AsyncIterator[None]:
    """Not a byte is left for logs, metrics and Ray, to the last block; then all of it again."""
    filler = site.folder / "filler"
    fill(filler)
    try:
        yield
    finally:
        filler.unlink()


def fill(path: Path) -> None:
    """Makes a file as long as the disk allows."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(_BLOCK) == len(_BLOCK):
            pass


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
