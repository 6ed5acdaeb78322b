import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.key_usage import KeyUsage, TokenBucket
from routing.errors import Overloaded


def taken(per_minute: int, times_s: list[float]) -> list[float]:
    """The times at which a bucket that is full at 0 gives."""
    bucket, given_at = TokenBucket(per_minute, per_minute, 0.0), []
    for now_s in times_s:
        try:
            bucket = bucket.take(now_s)
        except Overloaded:
            continue
        given_at.append(now_s)
    return given_at


def test_a_minutes_worth_can_be_taken_at_once_and_then_at_the_rate() -> None:
    assert len(taken(30, [0.0] * 100)) == 30
    assert taken(30, [0.0] * 30 + [0.5 * tick for tick in range(1, 13)])[30:] == [2.0, 4.0, 6.0]


def test_a_refusal_says_when_to_return_and_keeps_that_promise() -> None:
    bucket = TokenBucket(30, 0.0, 100.0)
    with pytest.raises(Overloaded) as caught:
        bucket.take(100.5)
    assert caught.value.retry_after_s == pytest.approx(1.5)
    assert bucket.take(100.5 + caught.value.retry_after_s + 1e-6).level == pytest.approx(0.0, abs=1e-3)


def test_a_clock_that_steps_back_gives_nothing_twice() -> None:
    assert taken(2, [30.0, 0.0, 30.0, 0.0, 30.0]) == [30.0, 0.0]


def test_an_idle_key_saves_up_no_more_than_a_minutes_worth() -> None:
    assert len(taken(5, [0.0] * 5 + [3600.0] * 20)) == 10


@given(
    st.integers(1, 120),
    st.lists(st.floats(0, 300), max_size=200).map(sorted),
    st.floats(0, 300),
    st.floats(0, 120),
)
def test_no_stretch_of_time_gives_more_than_its_share(
    per_minute: int, times_s: list[float], start_s: float, length_s: float
) -> None:
    within = [now_s for now_s in taken(per_minute, times_s) if start_s <= now_s <= start_s + length_s]
    assert len(within) <= per_minute + per_minute * length_s / 60 + 1e-6


def test_requests_at_a_time_are_counted_in_and_out() -> None:
    usage = KeyUsage(None, 2, 0.0)
    usage.begin(0.0)
    usage.begin(0.0)
    with pytest.raises(Overloaded):
        usage.begin(0.0)
    usage.end()
    usage.begin(0.0)
    assert usage.inflight == 2


def test_a_request_that_is_refused_for_concurrency_does_not_count_against_the_rate() -> None:
    usage = KeyUsage(2, 1, 0.0)
    usage.begin(0.0)
    for _ in range(5):
        with pytest.raises(Overloaded, match="at a time"):
            usage.begin(0.0)
    usage.end()
    usage.begin(0.0)
    usage.end()
    with pytest.raises(Overloaded, match="2 requests a minute"):
        usage.begin(0.0)
    assert usage.inflight == 0


def test_a_key_without_limits_is_only_counted() -> None:
    usage = KeyUsage(None, None, 0.0)
    for _ in range(1000):
        usage.begin(0.0)
    assert usage.inflight == 1000
