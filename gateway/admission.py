"""How many requests are worked on at once, how many wait, and who is next."""

import asyncio
from bisect import insort
from dataclasses import dataclass, field
from itertools import count

from gateway.settings import Queue
from routing.errors import Overloaded


@dataclass(order=True, slots=True)
class _Waiter:
    order: tuple[int, int]
    turn: asyncio.Future[None] = field(compare=False)


class Admission:
    """A bounded queue with priorities in front of a bounded number of slots.

    The lowest priority goes first, as in vLLM, then whoever came first. Where the queue is full, the last in
    it gives way to a newcomer that goes before it. Whoever cannot wait, or waited too long, is refused with
    `Overloaded`.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._waiters: list[_Waiter] = []
        self._arrivals = count()
        self.inflight = 0

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot."""
        return len(self._waiters)

    async def enter(self, priority: int = 0) -> None:
        """Takes a slot, waiting for one if need be; `leave` gives it back. Raises `Overloaded`."""
        if self.inflight < self._queue.max_inflight:
            self.inflight += 1
            return
        waiter = self._join(priority)
        try:
            async with asyncio.timeout(self._queue.max_wait_s):
                await waiter.turn
        except TimeoutError as error:
            self._abandon(waiter)
            raise self._overloaded("The request waited too long for its turn.") from error
        except BaseException:
            self._abandon(waiter)
            raise

    def leave(self) -> None:
        """Gives a slot back: to whoever is next, or to nobody."""
        while self._waiters:
            waiter = self._waiters.pop(0)
            if not waiter.turn.done():
                waiter.turn.set_result(None)
                return
        self.inflight -= 1

    def _join(self, priority: int) -> _Waiter:
        waiter = _Waiter((priority, next(self._arrivals)), asyncio.get_running_loop().create_future())
        if len(self._waiters) >= self._queue.max_waiting:
            self._make_room(waiter)
        insort(self._waiters, waiter)
        return waiter

    def _make_room(self, newcomer: _Waiter) -> None:
        full = self._overloaded("The gateway is at its limit and its queue is full.")
        if not self._waiters or self._waiters[-1].order[0] <= newcomer.order[0]:
            raise full
        last = self._waiters.pop()
        if not last.turn.done():
            last.turn.set_exception(full)

    def _abandon(self, waiter: _Waiter) -> None:
        """Leaves the queue; a slot that was given in the same moment goes on to the next."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
            self.leave()

    def _overloaded(self, message: str) -> Overloaded:
        return Overloaded(message, retry_after_s=1.0 + self._queue.max_wait_s * self._fullness() / 4)

    def _fullness(self) -> float:
        return len(self._waiters) / (self._queue.max_waiting or 1)
