"""SIGINT and SIGTERM, for a start that runs through code which loses what a signal handler raises."""

import signal
from types import FrameType


class Stopping:
    """Turns both signals into `KeyboardInterrupt`, and remembers that one came.

    Ray's compiled callbacks swallow an exception that is raised while they run (seen when `ray.init` was
    interrupted, once in ten), hence `check` wherever the start has come further.
    """

    def __init__(self) -> None:
        self._is_asked = False
        self.listen()

    def listen(self) -> None:
        """Takes the signals; once more after `ray.init`, which puts a handler of its own there."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def leave(self) -> None:
        """Gives the signals back to Python, for code that brings handlers of its own and hands on to these."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def check(self) -> None:
        """Raises `KeyboardInterrupt` where a signal came before, however long ago."""
        if self._is_asked:
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_asked = True
        raise KeyboardInterrupt
