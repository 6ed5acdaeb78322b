"""A rate limit that allows bursts."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """A period's worth at once, then as much as time brings; what is saved up is a period's worth at most.

    size: how much it holds, and how much ``period_s`` seconds bring.
    level: how much it holds at ``at_s``, in seconds of any steady clock; below 0 where more was taken.
    """

    size: int
    period_s: float
    level: float
    at_s: float

    @property
    def per_s(self) -> float:
        """How much a second brings."""
        return self.size / self.period_s

    def at(self, now_s: float) -> Self:
        """The bucket as it is now. A clock that steps back brings nothing."""
        elapsed_s = max(0.0, now_s - self.at_s)
        return replace(
            self,
            level=min(self.size, self.level + elapsed_s * self.per_s),
            at_s=max(now_s, self.at_s),
        )

    def wait_s(self, wanted: float, now_s: float) -> float:
        """Seconds until it holds ``wanted``, which is at most its size; 0 where it does."""
        return max(0.0, wanted - self.at(now_s).level) / self.per_s

    def take(self, amount: float, now_s: float) -> Self:
        """The bucket with so much less in it, whether or not it held as much."""
        now = self.at(now_s)
        return replace(now, level=now.level - amount)


def full_bucket(size: int, period_s: float, now_s: float) -> TokenBucket:
    """A bucket that nothing was taken from yet."""
    return TokenBucket(size, period_s, size, now_s)
