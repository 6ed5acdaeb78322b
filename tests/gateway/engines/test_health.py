"""When a replica is taken out of rotation, and when it comes back."""

from gateway.engines.health import EJECT_AFTER, LONGEST_EJECTION_S, Health


def failed(times: int, now: float = 0.0) -> Health:
    health = Health()
    for _ in range(times):
        health.fail(now)
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
    health.succeed()
    assert not health.is_ejected(0.0)
    health.fail(0.0)
    assert not health.is_ejected(0.0)


def test_an_ejection_is_bounded_however_many_failures_there_were() -> None:
    assert failed(5_000).ejected_until == LONGEST_EJECTION_S
