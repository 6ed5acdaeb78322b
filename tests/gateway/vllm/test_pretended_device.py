"""What would wait for a GPU is found without one."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.gateway.vllm.pretended_device import DEVICE, NoWaiting

Operation = Callable[[Tensor, Tensor], object]
WAITING: dict[str, Operation] = {
    "a copy back": lambda device, host: device.cpu(),
    "a copy back into what is there": lambda device, host: host.copy_(device),
    "a number": lambda device, host: device.max().item(),
    "a question": lambda device, host: bool(device.any()),
    "a list": lambda device, host: device.tolist(),
    "those that are not zero": lambda device, host: device.nonzero(),
    "those of a mask": lambda device, host: device[device > 0],
    "a mask written through": lambda device, host: device.index_put_((device > 0,), device[0]),
    "a copy that is waited for": lambda device, host: device.copy_(host.pin_memory()),
    "a move that is waited for": lambda device, host: host.pin_memory().to(DEVICE),
    "a copy of what is not page-locked": lambda device, host: device.copy_(host, non_blocking=True),
}
GOING_ON: dict[str, Operation] = {
    "a copy": lambda device, host: device.copy_(host.pin_memory(), non_blocking=True),
    "a move": lambda device, host: host.pin_memory().to(DEVICE, non_blocking=True),
    "numbers looked up": lambda device, host: device[device.long()].clamp(max=3),
    "numbers chosen by a mask": lambda device, host: torch.where(device > 0, device, 0),
    "what stays on the host": lambda device, host: host[host > 0].tolist(),
}


@pytest.fixture
def tensors() -> tuple[Tensor, Tensor]:
    return torch.zeros(4, dtype=torch.int32, device=DEVICE), torch.arange(4, dtype=torch.int32)


@pytest.mark.parametrize("operation", WAITING.values(), ids=WAITING)
@pytest.mark.parametrize("inference", [False, True])
def test_what_waits_is_refused(operation: Operation, inference: bool, tensors: tuple[Tensor, Tensor]) -> None:
    with (
        torch.inference_mode(inference),
        NoWaiting(),
        pytest.raises((AssertionError, RuntimeError, NotImplementedError)),
    ):
        operation(*tensors)


@pytest.mark.parametrize("operation", GOING_ON.values(), ids=GOING_ON)
def test_what_waits_for_nothing_is_let_through(operation: Operation, tensors: tuple[Tensor, Tensor]) -> None:
    with NoWaiting():
        operation(*tensors)
