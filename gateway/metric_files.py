"""The files of one process in the folder where the metrics of several meet."""

import os
from pathlib import Path

METRIC_KINDS = ("counter", "histogram", "gauge_livesum")
"""What prometheus-client begins their names with, one file for each kind of `gateway.metrics.Metrics`."""

_BYTES = 4 << 20  # some 20,000 values; more than that, and the next are as prometheus-client makes them


def reserve_metric_files(folder: Path) -> None:
    """Makes them, with room on the disk for all that they may hold. Raises `OSError` where there is none.

    prometheus-client makes them longer than what the disk has of them, and maps them into memory: on a full disk, the
    first count in a new place then kills the process (SIGBUS), and every one that is started in its stead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for kind in METRIC_KINDS:
        with (folder / f"{kind}_{os.getpid()}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, _BYTES)
