"""What a step must not do on the host: wait for the device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_ATEN = torch.ops.aten
_WAITING = (
    *(_ATEN._local_scalar_dense, _ATEN.item, _ATEN.is_nonzero, _ATEN.equal, _ATEN.allclose),
    *(_ATEN.masked_select, _ATEN.nonzero, _ATEN.nonzero_numpy, _ATEN.argwhere, _ATEN.bincount),
    *(_ATEN.unique_dim, _ATEN._unique, _ATEN._unique2, _ATEN.unique_consecutive),
)
"""What the host, or the size of a tensor, depends on. Inference mode shows them, and not what they are made of."""
_INDEXING = (_ATEN.index, _ATEN.index_put, _ATEN.index_put_, _ATEN._index_put_impl_)


def waits_for_the_device(operation: Any, args: Any) -> bool:
    """Whether an operation of torch's, on tensors of a device, holds up the host until the device has come so far."""
    packet = operation.overloadpacket
    if packet in _INDEXING:
        return any(each is not None and each.dtype in (torch.bool, torch.uint8) for each in args[1])
    if packet is _ATEN.where:
        return len(args) == 1
    return packet in _WAITING


@contextmanager
def waiting_for_nothing() -> Iterator[None]:
    """Within, what the host can only go on with once the device has come so far is an error; on CUDA, for CUDA too."""
    refusing: Any = _Refusing
    is_cuda = torch.cuda.is_available()
    if is_cuda:
        torch.cuda.set_sync_debug_mode("error")
    try:
        with refusing():
            yield
    finally:
        if is_cuda:
            torch.cuda.set_sync_debug_mode("default")


class _Refusing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operation of torch."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert not waits_for_the_device(func, args), f"{func} waits"
        return func(*args, **(kwargs or {}))
