import shutil

import pytest

from benchmarks.engine_growth import ENGINE_PER_S, Growth, measure, row
from benchmarks.unary_load import UnaryTimes


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_requests_are_spread_over_engines_and_none_gives_more_than_its_pace_allows() -> None:
    growth = measure(engines=2, seconds=1)
    assert 0 < growth.of_possible < 1.1  # the warm-up's last answers may fall into it
    assert 1 <= growth.busiest < 1.5
    assert growth.gateway_cores > 0


def test_a_row_tells_how_far_from_possible_it_is() -> None:
    times = UnaryTimes(requests=800, duration_s=5, p50_ms=101.2, p99_ms=140, failures=0)
    growth = Growth(engines=4, times=times, gateway_cores=0.123, busiest=1.04)
    assert pytest.approx(80) == ENGINE_PER_S
    assert row(growth) == "| 4 | 160 | 0.50 | 101 | 140 | 0.12 | 1.04 |"
