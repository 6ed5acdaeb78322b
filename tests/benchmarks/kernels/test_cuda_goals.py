from typing import Any

import pytest

from benchmarks.kernels.cuda_goals import Verdict, verdicts
from benchmarks.kernels.cuda_place import Finding

READ_GB_PER_S = 4_000.0
FLOOR = "at most 1.5 times floor"
CHAIN = "at least 3.0 times as fast as vLLM's chain, in a graph"
BEST = "at most 1.05 times the best of vLLM and FlashInfer, in a graph"
BEST_LAUNCHED = "at most 1.05 times the best of vLLM and FlashInfer, launched"


def cell(ms: dict[str, float], **changes: Any) -> Finding:
    """A point whose floor is 0.01 ms."""
    return {
        "finding": "cell",
        "name": "a point",
        "workload": "min-p, log-probabilities",
        "draws": 5,
        "batch": 128,
        "read_bytes": 40_000_000,
        "ms": ms,
        "wrong": {},
        "failed": {},
    } | changes


def found(each: Finding) -> dict[str, Verdict]:
    return {verdict.goal: verdict for verdict in verdicts(each, READ_GB_PER_S)}


@pytest.mark.parametrize(("ours", "is_met"), [(0.0149, True), (0.0151, False)])
def test_the_floor_is_one_read(ours: float, is_met: bool) -> None:
    verdict = found(cell({"Triton": ours}))[FLOOR]
    assert verdict.is_met is is_met
    assert verdict.ratio == pytest.approx(ours / 0.01)


def test_small_batches_have_no_goal_of_the_floor() -> None:
    assert FLOOR not in found(cell({"Triton": 9.0}, batch=64))


def test_the_faster_of_ours_counts() -> None:
    assert found(cell({"Triton": 0.9, "CUDA": 0.012}))[FLOOR].is_met


def test_one_of_ours_that_drew_wrong_tokens_does_not() -> None:
    verdict = found(cell({"Triton": 0.9, "CUDA": 0.012}, wrong={"CUDA": "1 of 5 tokens"}))[FLOOR]
    assert verdict.is_met is False
    assert found(cell({"CUDA": 0.012}, wrong={"CUDA": "1 of 5 tokens"}))[FLOOR] == Verdict(
        FLOOR, "a point", None, False
    )


@pytest.mark.parametrize(("vllm", "is_met"), [(0.031, True), (0.029, False)])
def test_hedged_batches_are_to_be_faster_than_the_chain_of_vllm(vllm: float, is_met: bool) -> None:
    # The old runner's chain does not count where the default's is there.
    verdict = found(cell({"Triton": 0.01, "vLLM V2": vllm, "vLLM V1": 0.5}))[CHAIN]
    assert verdict.is_met is is_met
    assert verdict.ratio == pytest.approx(vllm / 0.01)


def test_other_batches_have_no_such_goal() -> None:
    assert CHAIN not in found(cell({"Triton": 0.01, "vLLM V2": 0.1}, draws=1))
    assert CHAIN not in found(cell({"Triton": 0.01, "vLLM V2": 0.1}, workload="temperature"))


@pytest.mark.parametrize("best", ["vLLM V2", "vLLM V1", "FlashInfer"])
@pytest.mark.parametrize(("ours", "is_met"), [(0.0209, True), (0.0211, False)])
def test_nothing_of_vllm_is_to_be_faster_by_more_than_a_twentieth(
    best: str, ours: float, is_met: bool
) -> None:
    times = {"vLLM V2": 0.05, "vLLM V1": 0.06, "FlashInfer": 0.07} | {best: 0.02, "Triton": ours}
    assert found(cell(times))[BEST].is_met is is_met


def test_calls_without_a_graph_are_judged_by_themselves() -> None:
    times = {"Triton": 0.01, "vLLM V2": 0.05, "Triton, launched": 0.2, "vLLM V2, launched": 0.1}
    verdicts_of = found(cell(times))
    assert verdicts_of[BEST].is_met is True
    assert verdicts_of[BEST_LAUNCHED].is_met is False
    assert verdicts_of[BEST_LAUNCHED].ratio == pytest.approx(2.0)


def test_without_vllm_nothing_is_claimed() -> None:
    verdicts_of = found(cell({"Triton": 0.01, "torch": 9.0, "FlashInfer": 0.5}))
    for goal in (CHAIN, BEST):
        assert verdicts_of[goal] == Verdict(goal, "a point", None, None)


def test_a_point_of_ours_without_a_time_is_missed() -> None:
    assert found(cell({"vLLM V2": 0.1}))[BEST].is_met is False


def test_masked_points_have_nobody_to_beat() -> None:
    goals = found(cell({"Triton": 0.01}, workload="min-p, log-probabilities, language"))
    assert goals.keys() == {FLOOR}
