import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.key_limits import KeyLimits
from gateway.key_usage import KeyUsage, Standing
from routing.errors import Overloaded


def test_requests_at_a_time_are_counted_in_and_out() -> None:
    usage = KeyUsage(KeyLimits(concurrent_requests=2), 0.0)
    usage.begin(0.0)
    usage.begin(0.0)
    with pytest.raises(Overloaded):
        usage.begin(0.0)
    usage.end()
    usage.begin(0.0)
    assert usage.inflight == 2


def test_a_request_that_is_refused_for_concurrency_does_not_count_against_the_rate() -> None:
    usage = KeyUsage(KeyLimits(requests_per_minute=2, concurrent_requests=1), 0.0)
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


def test_a_refusal_says_when_to_return_and_keeps_that_promise() -> None:
    usage = KeyUsage(KeyLimits(requests_per_minute=30), 0.0)
    for _ in range(30):
        usage.begin(100.0)
    with pytest.raises(Overloaded) as caught:
        usage.begin(100.5)
    assert caught.value.retry_after_s == pytest.approx(1.5)
    usage.begin(100.5 + caught.value.retry_after_s + 1e-6)


def test_a_key_without_limits_is_only_counted() -> None:
    usage = KeyUsage(KeyLimits(), 0.0)
    for _ in range(1000):
        usage.begin(0.0)
        usage.charge(1e9, 0.0)
    assert usage.inflight == 1000
    assert not usage.counts_tokens
    assert list(usage.standings(0.0)) == []


def test_a_request_that_is_refused_for_tokens_does_not_count_against_the_rate() -> None:
    usage = KeyUsage(KeyLimits(requests_per_minute=2, tokens_per_minute=600), 0.0)
    usage.begin(0.0)
    usage.charge(900.0, 0.0)
    with pytest.raises(Overloaded, match="may use 600 tokens a minute") as caught:
        usage.begin(0.0)
    assert caught.value.retry_after_s == pytest.approx(30.1)
    [requests, _] = usage.standings(0.0)
    assert requests.remaining == 1


def test_the_day_runs_out_though_no_minute_does() -> None:
    usage = KeyUsage(KeyLimits(tokens_per_minute=1000, tokens_per_day=86_400), 0.0)
    for minute in range(103):  # 86,400 and what 103 minutes bring, 60 each, are less than 103 times 900
        usage.begin(minute * 60.0)
        usage.charge(900.0, minute * 60.0)
    with pytest.raises(Overloaded, match="86400 tokens a day") as caught:
        usage.begin(103 * 60.0)
    assert 0 < caught.value.retry_after_s < 900


def test_what_is_told_is_the_scarcer_of_two_rates() -> None:
    usage = KeyUsage(KeyLimits(tokens_per_minute=6000, tokens_per_day=86_400), 0.0)
    usage.charge(600.0, 0.0)
    assert list(usage.standings(0.0)) == [Standing("tokens", 6000, 5400, 6.0)]
    assert [one.limit for one in usage.standings(30.0)] == [86_400]


@given(st.lists(st.floats(0, 5000), max_size=50), st.integers(1, 10_000))
def test_more_is_drawn_than_allowed_by_the_last_request_alone(drawn: list[float], size: int) -> None:
    usage, total, last = KeyUsage(KeyLimits(tokens_per_day=size), 0.0), 0.0, 0.0
    for tokens in drawn:
        try:
            usage.begin(0.0)
        except Overloaded:
            continue
        usage.charge(tokens, 0.0)
        total, last = total + tokens, tokens
    assert total - last < size
