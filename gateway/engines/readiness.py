"""Whether any engine answers, asked no more often than needed: whoever reaches the gateway may want to know."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

_READY_LASTS_S = 1.0
_NOT_READY_LASTS_S = 0.1  # while everything starts, each moment counts


@dataclass(slots=True)
class Readiness:
    """The last answer, and until when (`time.monotonic`) it is given again."""

    is_ready: bool = False
    holds_until: float = 0.0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, probe: Callable[[], Awaitable[bool]]) -> bool:
        """What ``probe`` says now, or said a moment ago; who comes while it is under way waits for what it says.

        Without this, a stranger's 1,000 questions a second were as many to each engine, with the gateway's key.
        """
        async with self.asking:
            if monotonic() >= self.holds_until:
                self.is_ready = await probe()
                self.holds_until = monotonic() + (_READY_LASTS_S if self.is_ready else _NOT_READY_LASTS_S)
            return self.is_ready
