"""Where the gateway's log lines go: standard error, one JSON document a line for the access log."""

import logging
import sys


def write_logs() -> None:
    """Sends the gateway's own log to standard error. Lines hold no prompts and no answers."""
    access = logging.getLogger("dragoman.access")
    access.setLevel(logging.INFO)
    access.propagate = False
    _add_handler(access, "%(message)s")
    log = logging.getLogger("dragoman")
    log.setLevel(logging.INFO)
    log.propagate = False
    _add_handler(log, "%(asctime)s %(levelname)s %(message)s")


def _add_handler(logger: logging.Logger, line: str) -> None:
    if not logger.handlers:
        # Ray Serve puts an object of its own in place of stderr, which takes a whole stack trace with each line
        # (a tenth of a request's time) and holds lines back until there are a thousand.
        handler = logging.StreamHandler(sys.__stderr__)
        handler.setFormatter(logging.Formatter(line))
        logger.addHandler(handler)
