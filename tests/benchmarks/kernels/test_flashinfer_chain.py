import sys
from dataclasses import replace
from importlib.util import find_spec
from inspect import signature
from types import ModuleType

import pytest
import torch

from benchmarks.kernels.flashinfer_chain import flashinfer_chain
from benchmarks.kernels.support import outside_support
from benchmarks.kernels.workloads import workloads
from kernels.sample.cases import GREEDY, HEDGED, Case, make_case, peaked_logits
from kernels.sample.reference import Filters
from tests.benchmarks.kernels.fake_flashinfer import SAMPLING

ASKED = {
    **{f"{each.name}, {len(each.filters)} draws": list(each.filters) for each in workloads(1) + workloads(5)},
    "top-k": [Filters(0.8, top_k=3)] * 5,
    "top-k and top-p, one without": [Filters(1.2, top_k=3), Filters(0.8, top_p=0.5)],
}


def case_of(filters: list[Filters]) -> Case:
    return make_case("asked", peaked_logits(2, 500, torch.bfloat16), filters)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("flashinfer")
    module.sampling = SAMPLING  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flashinfer", module)
    return module


@pytest.mark.parametrize("name", ASKED)
def test_it_is_asked_for_what_the_filters_leave(fake: ModuleType, name: str) -> None:
    case = case_of(ASKED[name])
    rows = case.logits.repeat_interleave(len(ASKED[name]), dim=0)
    tokens = flashinfer_chain(case, logprobs=True)(rows)
    assert tokens.shape == (len(rows),)
    assert not outside_support(case, tokens)


@pytest.mark.parametrize("parameter", ["temperature", "min_p", "top_k", "top_p"])
def test_a_filter_that_were_forgotten_would_be_found_out(fake: ModuleType, parameter: str) -> None:
    """The power of the test above: a chain that is told less draws what the filters do not leave."""
    narrow = {
        "temperature": GREEDY,
        "min_p": Filters(5.0, min_p=0.9),
        "top_k": Filters(5.0, top_k=1),
        "top_p": Filters(5.0, top_p=0.01),
    }
    case = case_of([narrow[parameter]] * 5)
    without = torch.full_like(
        getattr(case.draws, parameter), {"temperature": 5.0, "top_p": 1.0}.get(parameter, 0)
    )
    told_less = replace(case, draws=replace(case.draws, **{parameter: without}))
    rows = case.logits.repeat_interleave(5, dim=0)
    assert outside_support(case, flashinfer_chain(told_less, logprobs=False)(rows))


def test_what_it_cannot_draw_is_refused(fake: ModuleType) -> None:
    with pytest.raises(ValueError, match="min-p, or"):
        flashinfer_chain(case_of([*HEDGED, Filters(1.0, top_p=0.5)]), logprobs=False)


@pytest.mark.skipif(find_spec("flashinfer") is None, reason="FlashInfer is not installed")
def test_the_real_one_has_these_signatures() -> None:
    from flashinfer import sampling

    for name, function in vars(SAMPLING).items():
        assert list(signature(getattr(sampling, name)).parameters) == list(signature(function).parameters)
