import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.token_bucket import TokenBucket, full_bucket

times = st.floats(0, 300)


def taken(size: int, times_s: list[float]) -> list[float]:
    """The times at which a bucket that is full at 0 and holds a minute's worth gives one."""
    bucket, given_at = full_bucket(size, 60.0, 0.0), []
    for now_s in times_s:
        if not bucket.wait_s(1, now_s):
            bucket = bucket.take(1, now_s)
            given_at.append(now_s)
    return given_at


def test_a_minutes_worth_can_be_taken_at_once_and_then_at_the_rate() -> None:
    assert len(taken(30, [0.0] * 100)) == 30
    assert taken(30, [0.0] * 30 + [0.5 * tick for tick in range(1, 13)])[30:] == [2.0, 4.0, 6.0]


def test_a_clock_that_steps_back_gives_nothing_twice() -> None:
    assert taken(2, [30.0, 0.0, 30.0, 0.0, 30.0]) == [30.0, 0.0]


def test_what_is_idle_saves_up_no_more_than_a_minutes_worth() -> None:
    assert len(taken(5, [0.0] * 5 + [3600.0] * 20)) == 10


@given(st.integers(1, 120), st.lists(times, max_size=200).map(sorted), times, st.floats(0, 120))
def test_no_stretch_of_time_gives_more_than_its_share(
    size: int, times_s: list[float], start_s: float, length_s: float
) -> None:
    within = [now_s for now_s in taken(size, times_s) if start_s <= now_s <= start_s + length_s]
    assert len(within) <= size + size * length_s / 60 + 1e-6


@given(st.integers(1, 10**7), st.sampled_from([60.0, 86_400.0]), st.floats(-(10.0**7), 10.0**7), times)
def test_it_holds_what_is_wanted_after_the_wait_and_not_before(
    size: int, period_s: float, level: float, now_s: float
) -> None:
    bucket = TokenBucket(size, period_s, min(level, size), 0.0)
    wait_s = bucket.wait_s(1, now_s)
    assert bucket.at(now_s + wait_s).level >= 1 - 1e-6 * size
    if wait_s:
        assert bucket.at(now_s + wait_s * 0.99).level < 1


def test_more_may_be_taken_than_there_is_and_is_owed() -> None:
    bucket = full_bucket(600, 60.0, 0.0).take(900.0, 0.0)
    assert bucket.level == -300
    assert bucket.wait_s(1, 0.0) == pytest.approx(30.1)
    assert bucket.at(3600.0).level == 600
