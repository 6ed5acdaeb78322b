import pytest
import torch

from benchmarks.kernels.support import outside_support
from benchmarks.kernels.torch_chain import torch_chain
from benchmarks.kernels.workloads import Cell, Workload, workloads

WORKLOADS = pytest.mark.parametrize("workload", workloads(1) + workloads(5), ids=lambda each: each.name)


@WORKLOADS
def test_a_competitor_draws_what_the_filters_leave(workload: Workload) -> None:
    case = Cell(workload, vocabulary=2_000, batch=2).case(torch.bfloat16)
    rows = case.logits.repeat_interleave(len(workload.filters), dim=0)
    assert not outside_support(case, torch_chain(case, logprobs=True)(rows))


@pytest.mark.parametrize("workload", workloads(1)[:3] + workloads(5)[:3], ids=lambda each: each.name)
def test_one_that_does_not_is_found_out(workload: Workload) -> None:
    case = Cell(workload, vocabulary=2_000, batch=2).case(torch.bfloat16)
    least_likely = case.logits[0].argmin().expand(len(workload.filters))
    assert outside_support(case, least_likely)
