"""The CUDA C++ kernel of `sample`: run on the host, thread by thread, and compiled for GPUs. Neither needs one."""

import ctypes
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kernels.sample import Draws, Masks, Samples
from kernels.sample._cuda import SOURCE, sample_with_cuda
from kernels.sample.cases import HEDGED, Case, all_cases, make_case, peaked_logits, random_masks
from kernels.sample.reference import Filters
from tests.kernels.sample_checks import Sampler, disagreements, rows_of, run


def without_ranks(case: Case) -> Case:
    """The case without the filters that this kernel does not know."""
    draws = case.draws
    return replace(
        case,
        draws=replace(
            draws,
            top_n_sigma=torch.zeros_like(draws.top_n_sigma),
            top_k=torch.zeros_like(draws.top_k),
            top_p=torch.ones_like(draws.top_p),
        ),
    )


CASES = [without_ranks(case) for case in all_cases(1_000)]


def built(headers: Path, folder: Path) -> ctypes.CDLL:
    """The kernel as it runs on the host, of the headers in a folder."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("there is no g++")
    library = folder / "on_host.so"
    source = Path(__file__).with_name("cuda_on_host.cpp")
    options = ("-std=c++17", "-O1", "-shared", "-fPIC", "-Wno-unknown-pragmas", f"-I{headers}")
    subprocess.run([compiler, *options, "-o", library, source], check=True)
    return ctypes.CDLL(str(library))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return built(SOURCE.parent, tmp_path_factory.mktemp("cuda"))


def sampler_of(library: ctypes.CDLL) -> Sampler:
    def sampler(
        logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
    ) -> Samples:
        return sample_with_cuda(library, logits, draws, seeds, positions, masks, stream=0, logprobs=True)

    return sampler


@pytest.fixture(scope="module")
def on_host(library: ctypes.CDLL) -> Sampler:
    return sampler_of(library)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_agrees_with_the_reference(on_host: Sampler, case: Case) -> None:
    assert not disagreements(rows_of(case, range(min(4, len(case.logits)))), on_host)


def test_odd_values_of_every_kind_agree_with_the_reference(on_host: Sampler) -> None:
    (odd,) = (case for case in CASES if case.name == "odd values and a language")
    assert not disagreements(odd, on_host)


def test_a_whole_vocabulary_agrees_with_the_reference(on_host: Sampler) -> None:
    logits = peaked_logits(2, 151_936, torch.bfloat16)
    case = make_case("a vocabulary", logits, [*HEDGED[:3], Filters(1.0)], random_masks(2, 151_936))
    assert not disagreements(case, on_host)


@pytest.mark.parametrize(
    "where", ["for_block();\n    if", "for_cluster();\n    const", "for_cluster();\n    for"]
)
def test_a_forgotten_wait_is_found_out(tmp_path: Path, where: str) -> None:
    """The power of the tests above."""
    name, wait = "_cuda_row.h", f"team.wait_{where}"
    right = SOURCE.with_name(name).read_text(encoding="utf-8")
    assert right.count(wait) == 1
    (tmp_path / name).write_text(right.replace(wait, wait.split(";")[1]), encoding="utf-8")
    hedged = CASES[0]
    assert disagreements(hedged, sampler_of(built(tmp_path, tmp_path)))


def test_without_logprobs_the_tokens_are_the_same(library: ctypes.CDLL, on_host: Sampler) -> None:
    for case in (CASES[0], make_case("tiles", peaked_logits(2, 20_000), [*HEDGED, Filters(2.0)])):
        arguments = (case.logits, case.draws, case.seeds, case.positions, case.masks)
        bare = sample_with_cuda(library, *arguments, stream=0, logprobs=False)
        assert bare.logprobs is None
        assert torch.equal(bare.ids, run(case, on_host).ids)


@pytest.mark.parametrize("capability", [90, 100])
def test_it_is_compiled_without_spills(tmp_path: Path, capability: int) -> None:
    compiler = shutil.which("nvcc")
    if compiler is None:
        pytest.skip("there is no nvcc")
    options = ("-std=c++17", "-O3", "--use_fast_math", f"-arch=sm_{capability}", "-Xptxas", "-v", "-cubin")
    done = subprocess.run(
        [compiler, *options, "-o", tmp_path / "sample.cubin", SOURCE],
        check=True,
        capture_output=True,
        text=True,
    )
    assert re.findall(r"(\d+) bytes spill stores", done.stderr) == ["0", "0"]
    # Two blocks of 256 threads have room on a multiprocessor.
    assert all(int(used) <= 128 for used in re.findall(r"Used (\d+) registers", done.stderr))
