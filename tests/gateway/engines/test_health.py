"""When a replica is taken out of rotation, and when it comes back."""

from gateway.engines.health import EJECT_AFTER, FIRST_EJECTION_S, LONGEST_EJECTION_S, Health


def failed(times: int) -> Health:
    """One that failed at once, and again whenever it was back in rotation."""
    health = Health()
    for _ in range(times):
        health.fail(health.ejected_until)
    return health


def test_a_few_failures_are_forgiven_and_more_eject() -> None:
    assert not failed(EJECT_AFTER - 1).is_ejected(0.0)
    assert failed(EJECT_AFTER).is_ejected(0.0)


def test_it_returns_on_trial_and_one_more_failure_ejects_it_for_longer() -> None:
    health = failed(EJECT_AFTER)
    first = health.ejected_until
    assert not health.is_ejected(first)
    health.fail(first)
    assert health.ejected_until - first > first


def test_one_success_forgives_all() -> None:
    health = failed(EJECT_AFTER + 5)
    assert health.is_ejected(0.0)
    health.succeed()
    assert not health.is_ejected(0.0)
    health.fail(0.0)
    assert not health.is_ejected(0.0)


def test_an_ejection_is_bounded_however_often_it_failed() -> None:
    health = failed(5_000)
    before = health.ejected_until
    health.fail(before)
    assert health.ejected_until == before + LONGEST_EJECTION_S


def test_a_crash_that_breaks_off_hundreds_of_calls_is_one_failure_to_reach_it() -> None:
    health = Health()
    for number in range(300):
        health.fail(number * 0.001)
    assert health.ejected_until <= 0.3 + FIRST_EJECTION_S
    assert not health.is_ejected(0.3 + FIRST_EJECTION_S)
