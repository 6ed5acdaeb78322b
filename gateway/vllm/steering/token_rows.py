"""Which row of the profile table each token of the current batch is steered by."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(slots=True)
class TokenRows:
    """Buffers that the kernel reads in every layer, allocated once and written in place before each forward pass.

    rows: [max tokens] int32. strengths: [max tokens] float32.
    is_idle: no token is steered.
    layers: those that some token's profile changes. The host knows them before the pass, so on the CPU others may skip
        the work; a CUDA graph could not, there nothing asks, and model runner V2 does not say.
    """

    rows: Tensor
    strengths: Tensor
    is_idle: bool = True
    layers: frozenset[int] = frozenset()

    @classmethod
    def allocate(cls, max_tokens: int, device: torch.device) -> "TokenRows":
        """Buffers in which no token is steered."""
        rows = torch.zeros(max_tokens, dtype=torch.int32, device=device)
        return cls(rows, torch.zeros(max_tokens, device=device))

    def clear(self) -> None:
        """No token is steered. Free where none was."""
        if not self.is_idle:
            self.rows.zero_()
            self.is_idle, self.layers = True, frozenset()

    def write(self, rows: NDArray[np.int32], strengths: NDArray[np.float32], layers: frozenset[int]) -> None:
        """Steers the first tokens as given, in these layers, and the others, padding, not at all."""
        count = len(rows)
        self.rows[:count].copy_(to_send(rows, self.rows.device), non_blocking=True)
        self.rows[count:].zero_()
        self.strengths[:count].copy_(to_send(strengths, self.rows.device), non_blocking=True)
        self.is_idle, self.layers = False, layers


def to_send(values: NDArray[Any], device: torch.device) -> Tensor:
    """The values in fresh memory that a copy to the device may be under way from while they are changed."""
    fresh = torch.from_numpy(values.copy())
    return fresh.pin_memory() if device.type == "cuda" else fresh
