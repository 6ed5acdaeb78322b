"""Where the gateway's log lines go: standard error."""

import logging
import sys


def write_logs() -> None:
    """Sends the gateway's own log to standard error. Lines hold no prompts and no answers."""
    log = logging.getLogger("dragoman")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not log.handlers:
        handler = logging.StreamHandler(sys.__stderr__)  # not Ray Serve's own: see gateway/access_log.py
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
