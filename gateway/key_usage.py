"""How much a key is used, against what it may be: its rates and what it has in flight."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.key_limits import KeyLimits
from gateway.token_bucket import TokenBucket, full_bucket
from routing.errors import Overloaded

Unit = Literal["requests", "tokens"]

_SECONDS = {"minute": 60.0, "day": 86_400.0}


@dataclass(slots=True)
class Rate:
    """One of a key's limits, and what is left of it. period: ``minute`` or ``day``."""

    unit: Unit
    period: str
    bucket: TokenBucket

    def check(self, now_s: float) -> None:
        """Raises `Overloaded` where nothing is left; ``retry_after_s`` is when there is."""
        wait_s = self.bucket.wait_s(1, now_s)
        if wait_s > 0:
            verb = "send" if self.unit == "requests" else "use"
            raise Overloaded(
                f"The key may {verb} {self.bucket.size} {self.unit} a {self.period}.", retry_after_s=wait_s
            )

    def take(self, amount: float, now_s: float) -> None:
        """Uses some of it up, and more than there is where that was not known before."""
        self.bucket = self.bucket.take(amount, now_s)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to a key: of ``limit`` so much now, and all of it again in ``reset_s`` seconds."""

    unit: Unit
    limit: int
    remaining: int
    reset_s: float


class KeyUsage:
    """What one key uses in one process. Every `begin` that returns is followed by one `end`.

    Tokens are known only when they are drawn, so a request may begin while any are left, and the next ones wait for
    what it drew too many.
    """

    def __init__(self, limits: KeyLimits, now_s: float) -> None:
        self.inflight = 0
        self._limits = limits
        self._rates = tuple(_rates(limits, now_s))

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how many tokens a request draws."""
        return any(rate.unit == "tokens" for rate in self._rates)

    def begin(self, now_s: float) -> None:
        """Counts a request in. Raises `Overloaded`, and then counts nothing."""
        at_a_time = self._limits.concurrent_requests
        if at_a_time is not None and self.inflight >= at_a_time:
            raise Overloaded(f"The key may have {at_a_time} requests at a time.")
        for rate in self._rates:
            rate.check(now_s)
        self._take("requests", 1, now_s)
        self.inflight += 1

    def end(self) -> None:
        """Counts it out again."""
        self.inflight -= 1

    def charge(self, tokens: float, now_s: float) -> None:
        """Counts tokens that were drawn."""
        self._take("tokens", tokens, now_s)

    def standings(self, now_s: float) -> Iterator[Standing]:
        """For requests and for tokens, the rate with the smallest share left."""
        for unit in ("requests", "tokens"):
            buckets = [rate.bucket.at(now_s) for rate in self._rates if rate.unit == unit]
            if buckets:
                scarcest = min(buckets, key=lambda bucket: bucket.level / bucket.size)
                left = max(0, int(scarcest.level))
                yield Standing(unit, scarcest.size, left, scarcest.wait_s(scarcest.size, now_s))

    def _take(self, unit: Unit, amount: float, now_s: float) -> None:
        for rate in self._rates:
            if rate.unit == unit:
                rate.take(amount, now_s)


def _rates(limits: KeyLimits, now_s: float) -> Iterator[Rate]:
    sizes: tuple[tuple[Unit, str, int | None], ...] = (
        ("requests", "minute", limits.requests_per_minute),
        ("tokens", "minute", limits.tokens_per_minute),
        ("tokens", "day", limits.tokens_per_day),
    )
    for unit, period, size in sizes:
        if size is not None:
            yield Rate(unit, period, full_bucket(size, _SECONDS[period], now_s))
