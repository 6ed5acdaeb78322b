"""What is left of a key's limits, as headers of the response, in OpenAI's names."""

from collections.abc import Iterator
from math import ceil

from gateway.key_usage import KeyUsage


def rate_limit_headers(usage: KeyUsage, now_s: float) -> Iterator[tuple[bytes, bytes]]:
    """Three headers for each of requests and tokens, if the key has such a limit; none where it has none.

    What this very request draws is not in it yet: the headers leave before the tokens come.
    """
    for standing in usage.standings(now_s):
        unit = standing.unit.encode()
        yield b"x-ratelimit-limit-" + unit, b"%d" % standing.limit
        yield b"x-ratelimit-remaining-" + unit, b"%d" % standing.remaining
        yield b"x-ratelimit-reset-" + unit, b"%ds" % ceil(standing.reset_s)
