"""Triton kernels under the interpreter, in a process of their own: Triton reads its switch when it is imported.

What is called here runs in that process.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from kernels.sample import Draws, Masks, Samples

if TYPE_CHECKING:
    from benchmarks.kernels.compiled import Resources
    from kernels.sample.cases import Case

Run = Callable[..., Any]


def start_process(*, interpret: bool) -> ProcessPoolExecutor:
    """A fresh process for the functions below."""
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_prepare, initargs=(interpret,))
    # The new process is told where to import from; pytest finds the tests in another way.
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2])
        pool.submit(os.getpid).result()
    return pool


def _prepare(interpret: bool) -> None:
    os.environ["TRITON_INTERPRET"] = str(int(interpret))


def router_bias_disagrees() -> list[str]:
    """The cases in which the Triton kernel and the reference differ."""
    from kernels.router_bias._triton import steer_with_triton
    from kernels.router_bias.cases import all_cases
    from tests.kernels.test_router_bias import agrees_with_reference

    # bfloat16 by a step of it: the interpreter cuts where a GPU rounds.
    return [case.name for case in all_cases() if not agrees_with_reference(case, steer_with_triton)]


def sample_disagrees(vocabulary: int, names: Sequence[str], rows: int) -> list[str]:
    """What differs from the reference in the first rows of these cases."""
    from kernels.sample.cases import all_cases
    from tests.kernels.sample_checks import disagreements, rows_of

    cases = [case for case in all_cases(vocabulary) if case.name in names]
    assert len(cases) == len(names)
    few = [rows_of(case, range(min(rows, len(case.logits)))) for case in cases]
    return [what for case in few for what in disagreements(case, _sample_with_triton)]


def tokens_of_a_vocabulary(vocabulary: int) -> tuple[Tensor, Tensor, Tensor]:
    """ids from rows of several parts: with log-probabilities, without, and the reference's."""
    from kernels.sample._triton import sample_with_triton
    from kernels.sample.cases import HEDGED, make_case, peaked_logits, random_masks
    from kernels.sample.reference import Filters, reference

    masks = random_masks(2, vocabulary)
    case = make_case("parts", peaked_logits(2, vocabulary), [*HEDGED[:3], Filters(1.0)], masks)
    arguments = (case.logits, case.draws, case.seeds, case.positions, case.masks)
    with_logprobs, without = (
        sample_with_triton(*arguments, logprobs=wanted, ranked=False).ids for wanted in (True, False)
    )
    return with_logprobs, without, reference(*arguments).ids


def launches_of_a_call(masked: bool) -> tuple[list[str], list[str]]:
    """Of draws without ranks, with log-probabilities: kernels that are started, and what torch computes."""
    from triton.runtime.interpreter import InterpretedFunction

    from kernels.sample.cases import all_cases

    names = ("grammar and language",) if masked else ("hedged",)
    (case,) = (case for case in all_cases(300) if case.name in names)
    started: list[str] = []
    grid_of = InterpretedFunction.__getitem__

    def noted(self: Any, grid: Any) -> Any:
        started.append(self.fn.__name__)
        return grid_of(self, grid)

    with pytest.MonkeyPatch.context() as patch, _Computing() as computing:
        patch.setattr(InterpretedFunction, "__getitem__", noted)
        _sample_without_ranks(case)
    return started, computing.names


def _sample_without_ranks(case: "Case") -> None:
    from kernels.sample._triton import sample_with_triton

    arguments = (case.logits, case.draws, case.seeds, case.positions, case.masks)
    sample_with_triton(*arguments, logprobs=True, ranked=False)


class _Computing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operation of torch but those that make memory or look at it, and the interpreter's own copies."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func.overloadpacket).removeprefix("aten.")
        if name not in _NO_LAUNCH:
            self.names.append(name)
        return func(*args, **(kwargs or {}))


_NO_LAUNCH = {
    "empty",
    "empty_like",
    "empty_strided",
    "new_empty",
    "view",
    "unbind",
    "select",
    "set_",
    "copy_",
    "detach",
}


def _sample_with_triton(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
) -> Samples:
    from kernels.sample._triton import sample_with_triton

    ranked = bool((draws.top_n_sigma > 0).any() or (draws.top_k > 0).any() or (draws.top_p < 1).any())
    return sample_with_triton(logits, draws, seeds, positions, masks, logprobs=True, ranked=ranked)


def resources() -> "dict[str, Resources]":
    """Of every kernel of ours on every GPU that we compile for, in its costliest form."""
    from benchmarks.kernels import compiled_kernels as kernels

    compiled = {}
    for capability in kernels.CAPABILITIES:
        compiled[f"router bias, sm_{capability}"] = kernels.compiled_router_bias(capability)
        for name, masks, grammar in (
            ("read", False, False),
            ("masked read", True, False),
            ("doubly masked read", True, True),
        ):
            compiled[f"{name}, sm_{capability}"] = kernels.compiled_read(
                capability, masks=masks, grammar=grammar, sums=True
            )
        compiled[f"rows, sm_{capability}"] = kernels.compiled_rows(capability, masks=True)
        for ranks in (False, True):
            name = f"{'ranked ' if ranks else ''}draw, sm_{capability}"
            compiled[name] = kernels.compiled_draw(capability, masks=True, ranks=ranks, logprobs=True)
        compiled[f"choice, sm_{capability}"] = kernels.compiled_choice(capability, masks=True, logprobs=True)
    return compiled
