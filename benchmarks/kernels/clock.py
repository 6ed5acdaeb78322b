"""Times of several competitors in turns, so that a disturbance meets all of them."""

import random
import time
from collections.abc import Callable, Mapping
from statistics import median

LEAST_ROUNDS = 3
MOST_ROUNDS = 200


def medians_ms(
    competitors: Mapping[str, Callable[[], object]], seconds: float, clock: Callable[[], float]
) -> dict[str, float]:
    """Median milliseconds of a call of each, over rounds of one call each, for about so many seconds in all.

    A round is in random order: after one that sorts a row the caches hold nothing, which costs a short call twice its
    time, and so nobody may always be the next.

    clock: for calls that use no thread but this one `time.thread_time` tells their time even on a busy machine.
    """
    for call in competitors.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in competitors}
    shuffled = random.Random(0)
    end = time.perf_counter() + seconds
    while _another_round(len(next(iter(times.values()))), end):
        for name in shuffled.sample(list(competitors), len(competitors)):
            began = clock()
            competitors[name]()
            times[name].append((clock() - began) * 1000)
    return {name: median(each) for name, each in times.items()}


def _another_round(done: int, end: float) -> bool:
    return done < LEAST_ROUNDS or (done < MOST_ROUNDS and time.perf_counter() < end)
