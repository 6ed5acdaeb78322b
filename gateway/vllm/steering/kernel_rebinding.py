"""Lets vLLM start an engine in a process that has numba loaded, as steering and our sampler load it.

On the CPU each engine looks through all loaded modules for kernels of Triton to replace. It asks every object with a
``__dict__`` for ``vars(value).get``, and llvmlite, which numba stands on, has one that answers to any name with a
function of LLVM: ``'_lib_fn_wrapper' object has no attribute 'get'``, and no engine starts.
"""

from types import FunctionType
from typing import Any


def rebinding_beside_numba(original: FunctionType) -> FunctionType:
    """vLLM's ``_rebind_kernels``, the same code, to which such an object has no attributes."""
    return FunctionType(original.__code__, {**original.__globals__, "vars": _attributes})


def _attributes(value: Any) -> Any:
    found = vars(value)
    return found if hasattr(found, "get") else {}
