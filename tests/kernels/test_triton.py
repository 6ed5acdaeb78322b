"""Triton's kernels: what they draw, under its interpreter, and what they are compiled to. Neither needs a GPU."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest
import torch

from tests.kernels.triton_process import (
    launches_of_a_call,
    resources,
    router_bias_disagrees,
    sample_disagrees,
    start_process,
    tokens_of_a_vocabulary,
)

if TYPE_CHECKING:
    from benchmarks.kernels.compiled import Resources

# Some 10 ms a program under the interpreter: these, of at least 300 tokens, two rows of each.
CASES = [
    "hedged",
    "temperature",
    "min-p",
    "top-nσ",
    "top-k",
    "filters together",
    "rows with fewer draws",
    "bfloat16, ties",
    "float16",
    "all equal",
    "rows apart",
    "no rows",
    "1 tokens",
    "33 tokens",
    "257 tokens",
    "language, bfloat16",
    "language, soft",
    "grammar and language",
    "grammar of a language with no token",
]


@pytest.fixture(scope="module")
def interpreter() -> Iterator[ProcessPoolExecutor]:
    with start_process(interpret=True) as process:
        yield process


@pytest.fixture(scope="module")
def compiled() -> "Iterator[dict[str, Resources]]":
    with start_process(interpret=False) as process:
        yield process.submit(resources).result()


def test_the_router_bias_agrees_with_the_reference(interpreter: ProcessPoolExecutor) -> None:
    assert not interpreter.submit(router_bias_disagrees).result()


@pytest.mark.parametrize("name", CASES)
def test_sample_agrees_with_the_reference(interpreter: ProcessPoolExecutor, name: str) -> None:
    assert not interpreter.submit(sample_disagrees, 300, [name], 2).result()


def test_sample_reads_odd_values_as_the_reference_does(interpreter: ProcessPoolExecutor) -> None:
    assert not interpreter.submit(sample_disagrees, 300, ["odd values"], 11).result()


def test_programs_that_share_a_row_draw_one_token(interpreter: ProcessPoolExecutor) -> None:
    with_logprobs, without, expected = interpreter.submit(tokens_of_a_vocabulary, 4_500).result()
    assert torch.equal(with_logprobs, expected)
    assert torch.equal(without, expected)


@pytest.mark.parametrize("masked", [False, True])
def test_draws_without_ranks_take_four_launches_and_none_of_torch(
    interpreter: ProcessPoolExecutor, masked: bool
) -> None:
    launches, of_torch = interpreter.submit(launches_of_a_call, masked).result()
    assert launches == ["read_row", "sum_up_row", "draw_part", "choose_token"]
    assert not of_torch


def test_nothing_is_spilled_to_memory(compiled: "dict[str, Resources]") -> None:
    assert {name for name, each in compiled.items() if each.spilled_bytes} == set()


@pytest.mark.parametrize(("kernel", "most"), [("read", 14), ("masked read", 23), ("doubly masked read", 30)])
def test_the_one_read_costs_no_more_instructions_a_logit(
    compiled: "dict[str, Resources]", kernel: str, most: float
) -> None:
    """A tenth above what was counted; each thread of the read has 32 logits."""
    counts = {
        name: each.instructions / 32 for name, each in compiled.items() if name.startswith(f"{kernel},")
    }
    assert len(counts) == 3
    assert max(counts.values()) <= most, counts


@pytest.mark.parametrize(
    ("kernel", "most"),
    [("rows", 1_330), ("draw", 1_350), ("ranked draw", 1_280), ("choice", 520), ("router bias", 215)],
)
def test_the_other_kernels_grow_no_longer(compiled: "dict[str, Resources]", kernel: str, most: int) -> None:
    """Instructions of a whole program: a tenth above what was counted."""
    counts = {name: each.instructions for name, each in compiled.items() if name.startswith(f"{kernel},")}
    assert len(counts) == 3
    assert max(counts.values()) <= most, counts
