"""Where the parts of `benchmarks.kernels.cuda` run."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kernels.sample.cases import Case, all_cases

Finding = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """On a GPU, or, to try them, on the CPU under Triton's interpreter with tiny sizes.

    folder: has the compiled CUDA C++ kernel, once `machine` has run.
    """

    folder: Path
    is_tiny: bool

    @property
    def device(self) -> str:
        """As torch calls it."""
        return "cpu" if self.is_tiny else "cuda"

    def library(self) -> ctypes.CDLL | None:
        """The CUDA C++ kernel; None where it could not be built."""
        found = next(self.folder.glob("*.so"), None)
        return None if found is None else ctypes.CDLL(str(found))

    def cases(self) -> list[Case]:
        """What the tests draw."""
        return all_cases(300)[::8] if self.is_tiny else all_cases(1_000)

    def outcome(self, check: Callable[[], str]) -> str:
        """What a check says, or how it failed. A GPU that is out of order after that ends the process."""
        try:
            return check()
        except Exception as error:
            if self.device == "cuda":
                torch.cuda.synchronize()
                torch.cuda.empty_cache()
            return f"{type(error).__name__}: {str(error)[:300]}"
