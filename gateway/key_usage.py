"""How much a key is used, against what it may be: its rate and what it has in flight."""

from dataclasses import dataclass, replace
from typing import Self

from routing.errors import Overloaded


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """A rate limit that allows bursts: a minute's worth at once, then as many as a minute brings.

    per_minute: how many may be taken in the long run, and how many the bucket holds.
    level: how many it holds at ``at_s``, in seconds of any steady clock.
    """

    per_minute: int
    level: float
    at_s: float

    def take(self, now_s: float) -> Self:
        """The bucket with one less. Raises `Overloaded` where there is none; ``retry_after_s`` is when there is."""
        elapsed_s = max(0.0, now_s - self.at_s)
        level = min(self.per_minute, self.level + elapsed_s * self.per_minute / 60)
        if level < 1:
            raise Overloaded(
                f"The key may send {self.per_minute} requests a minute.",
                retry_after_s=(1 - level) * 60 / self.per_minute,
            )
        return replace(self, level=level - 1, at_s=max(now_s, self.at_s))


class KeyUsage:
    """What one key uses in one process. Every `begin` that returns is followed by one `end`."""

    def __init__(
        self, requests_per_minute: int | None, concurrent_requests: int | None, now_s: float
    ) -> None:
        self.inflight = 0
        self._concurrent_requests = concurrent_requests
        self._bucket = (
            TokenBucket(requests_per_minute, requests_per_minute, now_s) if requests_per_minute else None
        )

    def begin(self, now_s: float) -> None:
        """Counts a request in. Raises `Overloaded`, and then counts nothing."""
        if self._concurrent_requests is not None and self.inflight >= self._concurrent_requests:
            raise Overloaded(f"The key may have {self._concurrent_requests} requests at a time.")
        if self._bucket is not None:
            self._bucket = self._bucket.take(now_s)
        self.inflight += 1

    def end(self) -> None:
        """Counts it out again."""
        self.inflight -= 1
