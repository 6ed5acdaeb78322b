"""A clock of a site's own that can be put forward and back: libfaketime, as the package of that name builds it.

Under Debian's 0.9.10 a sleep of Python's main thread fails with EINVAL, and Ray's start sleeps.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.faults.site import Site

_LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"
_OFFSET = "clock"


def own_clock(folder: Path) -> Mapping[str, str]:
    """What the gateway's processes are started with. Raises `BenchmarkError` where there is no libfaketime.

    As with a real clock that is put right, what counts seconds since the start goes on as before.
    """
    package = find_spec("libfaketime")
    if package is None or package.origin is None:
        raise BenchmarkError("a clock of its own needs libfaketime, which `make test` installs")
    library = Path(package.origin).parent / _LIBRARY
    (folder / _OFFSET).write_text("+0", "utf-8")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(folder / _OFFSET),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def clock_put(offset_s: int) -> Callable[[Site], AbstractAsyncContextManager[None]]:
    """Puts the clock forward, or back if below 0; and right again at the end. Seen within a second."""

    @asynccontextmanager
    async def broken(site: Site) -> AsyncIterator[None]:
        (site.folder / _OFFSET).write_text(f"{offset_s:+d}", "utf-8")
        try:
            yield
        finally:
            (site.folder / _OFFSET).write_text("+0", "utf-8")

    return broken
