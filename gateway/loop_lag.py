"""How late an event loop is: the time that whatever is due waits for its turn."""

import asyncio
from time import monotonic

_EVERY_S = 0.1
_LATE_S = 1.0
_REMEMBERED_S = 10.0


class LoopLag:
    """Looks ten times a second whether it is looked in time, from `start` to `stop`.

    A loop that is given more than its CPU can do takes longer for each round, since more has come in the meantime: at
    ten times too much, 0.1 s, 1 s, 10 s. A machine that stood still for a moment is late once, and nothing follows.
    """

    def __init__(self, late_s: float = _LATE_S) -> None:
        self._late_s = late_s
        self._due_s = float("inf")
        self._was_late_until_s = 0.0
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begins to look at the running loop."""
        self._due_s = monotonic() + _EVERY_S
        self._next = asyncio.get_running_loop().call_later(_EVERY_S, self._look)

    def stop(self) -> None:
        """Looks no more."""
        if self._next is not None:
            self._next.cancel()
        self._due_s = float("inf")

    @property
    def is_late(self) -> bool:
        """Whether the loop is late in this very round, and was in another within ten seconds."""
        now_s = monotonic()
        return self._due_s + self._late_s < now_s < self._was_late_until_s

    def _look(self) -> None:
        now_s = monotonic()
        if now_s > self._due_s + self._late_s:
            self._was_late_until_s = now_s + _REMEMBERED_S
        self.start()
