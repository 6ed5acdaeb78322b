import pytest

from benchmarks.kernels.cuda_clock import BUDGET_MS, GRAPH_MS, REPLAYS, calls_in_graph, replays

TIMES = pytest.mark.parametrize("first_ms", [1e-9, 0.001, 0.1, 1.0, 5.0, 100.0])


@TIMES
def test_replays_stay_within_their_time_but_for_the_least_of_them(first_ms: float) -> None:
    count, (least, most) = replays(first_ms), REPLAYS
    assert least <= count <= most
    assert count == least or count * first_ms <= BUDGET_MS
    assert count == most or (count + 1) * first_ms > BUDGET_MS


@TIMES
def test_calls_of_a_graph_stay_within_its_time_but_for_one(first_ms: float) -> None:
    count = calls_in_graph(first_ms)
    assert count >= 1
    assert count == 1 or count * first_ms <= GRAPH_MS
