"""vLLM's kernels taken out of it, in a process without vLLM, under Triton's interpreter."""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import torch

from benchmarks.kernels.cuda_place import Finding
from benchmarks.kernels.support import outside_support
from benchmarks.kernels.vllm_files import take_vllm_files
from benchmarks.kernels.workloads import workloads
from kernels.sample.cases import Case, make_case, peaked_logits
from kernels.sample.reference import Filters
from tests.kernels.triton_process import start_process

ASKED = {
    "temperature": [Filters(0.8), Filters(1.0), Filters(1.7)],
    "greedy": [Filters(0.0)],
    "as it is": [Filters(1.0), Filters(0.0)],
    "hedged": list(workloads(5)[0].filters[:3]),
    "top-p": [Filters(0.8, top_p=0.6), Filters(1.3)],
    "top-k": [Filters(1.5, top_k=3), Filters(0.0)],
    "top-k and top-p, with min-p": [Filters(0.8, top_k=20, top_p=0.9), Filters(1.0, min_p=0.2)],
}


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vllm")
    package = take_vllm_files(folder)
    # Triton's interpreter has plain numbers in loops, which know no `to`.
    kernel = package / "v1" / "sample" / "ops" / "topk_topp_triton.py"
    text = kernel.read_text(encoding="utf-8")
    assert text.count("row_id.to(tl.int64)") == 1
    kernel.write_text(text.replace("row_id.to(tl.int64)", "row_id"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def interpreter(taken: Path) -> Iterator[ProcessPoolExecutor]:
    with start_process(interpret=True) as process:
        process.submit(import_from, str(taken)).result()
        yield process


def import_from(folder: str) -> None:
    sys.path.insert(0, folder)


def case_of(name: str) -> Case:
    return make_case(name, peaked_logits(1, 600, torch.bfloat16), ASKED[name])


def draws_outside(name: str) -> list[str]:
    """Where the chain draws what the filters do not leave; and that it leaves the logits as they are."""
    from benchmarks.kernels.vllm_v2_chain import vllm_v2_chain

    case = case_of(name)
    rows = case.logits.repeat_interleave(len(ASKED[name]), dim=0)
    before = rows.clone()
    tokens = vllm_v2_chain(case, logprobs=True)(rows)
    changed = [] if torch.equal(rows, before) else ["the logits were changed"]
    return outside_support(case, tokens) + changed


def who_is_missing() -> dict[str, str]:
    from benchmarks.kernels.cuda_peers import missing

    return missing()


def who_is_usable(folder: str) -> tuple[list[Finding], list[str]]:
    """What first calls find, and who is usable after them."""
    from benchmarks.kernels.cuda_peers import first_calls, usable
    from benchmarks.kernels.cuda_place import Place

    place = Place(Path(folder), is_tiny=True)
    assert not usable(place)
    return list(first_calls(place)), list(usable(place))


@pytest.mark.parametrize("name", ASKED)
def test_the_kernels_of_vllm_draw_what_the_filters_leave(interpreter: ProcessPoolExecutor, name: str) -> None:
    assert not interpreter.submit(draws_outside, name).result()


def test_with_them_only_the_rest_of_vllm_is_missing(interpreter: ProcessPoolExecutor) -> None:
    absent = interpreter.submit(who_is_missing).result()
    assert not {"vLLM V2", "torch"} & absent.keys()
    assert "vllm.v1.sample.sampler" in absent["vLLM V1"]


def test_who_draws_at_the_first_call_is_called_again(
    interpreter: ProcessPoolExecutor, tmp_path: Path
) -> None:
    found, names = interpreter.submit(who_is_usable, str(tmp_path)).result()
    assert [finding["name"] for finding in found if not finding["failed"]] == names
    assert {"torch", "vLLM V2"} <= set(names)


def test_the_files_are_vllms_own(taken: Path) -> None:
    import importlib.util

    spec = importlib.util.find_spec("vllm")
    assert spec is not None
    assert spec.origin is not None
    installed, name = Path(spec.origin).parent, Path("v1/worker/gpu/sample/gumbel.py")
    assert (taken / "vllm" / name).read_bytes() == (installed / name).read_bytes()
    assert "kernels alone" in (taken / "vllm" / "__init__.py").read_text(encoding="utf-8")
