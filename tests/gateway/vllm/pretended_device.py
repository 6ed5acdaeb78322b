"""A device that is not there: torch's "meta", whose tensors have no contents, so whoever wants to see them is refused.

Code that is given it runs as it would on a GPU, but for results. Not seen is what `torch.tensor` copies to it.
"""

from typing import Any, Self

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.gateway.vllm.host_waits import waits_for_the_device

DEVICE = torch.device("meta")
_ATEN = torch.ops.aten


class NoWaiting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within, `AssertionError` for what would have the host wait for the device, where "meta" raises nothing itself.

    copies: how many there were to the device, each from memory that is page-locked, and not waited for.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.copies = 0
        self._locked: list[Tensor] = []  # kept, so that none of their addresses comes to be another's
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Self:
        # vLLM's worker for CPUs has put nothing in its place, for the whole process.
        self._patch.setattr(Tensor, "pin_memory", torch._C.TensorBase.pin_memory)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._patch.undo()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func.overloadpacket is _ATEN.is_pinned:
            return self._is_locked(args[0])
        if func.overloadpacket is _ATEN._pin_memory:  # which torch has with a GPU only
            self._locked.append(args[0].clone())
            return self._locked[-1]
        result = func(*args, **named)
        touched = [
            each for each in tree_leaves((args, named, result)) if isinstance(each, Tensor) and each.dim()
        ]
        if DEVICE in {each.device for each in touched}:
            assert not waits_for_the_device(func, args), f"{func} waits"
            self._check_copies(func, args, named, [each for each in touched if each.device != DEVICE])
        return result

    def _check_copies(self, func: Any, args: Any, named: Any, sources: list[Tensor]) -> None:
        for source in sources:
            is_waited_for = not (args[2:3] == (True,) or named.get("non_blocking"))
            assert not is_waited_for, f"{func} waits until it is done"
            assert self._is_locked(source), f"{func} copies what is not page-locked, which CUDA waits for"
            self.copies += 1

    def _is_locked(self, tensor: Tensor) -> bool:
        address = tensor.untyped_storage().data_ptr()
        return any(locked.untyped_storage().data_ptr() == address for locked in self._locked)
