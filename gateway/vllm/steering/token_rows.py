"""Which row of the profile table each token of the current batch is steered by."""

from collections.abc import Sequence
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
    _written: tuple[tuple[int, float, int], ...] = ()

    @classmethod
    def allocate(cls, max_tokens: int, device: torch.device) -> "TokenRows":
        """Buffers in which no token is steered."""
        rows = torch.zeros(max_tokens, dtype=torch.int32, device=device)
        return cls(rows, torch.zeros(max_tokens, device=device))

    def clear(self) -> None:
        """No token is steered. Free where none was."""
        if not self.is_idle:
            self.rows.zero_()
            self.is_idle, self.layers, self._written = True, frozenset(), ()

    def write(self, requests: Sequence[tuple[int, float, int]], layers: frozenset[int]) -> None:
        """Steers the tokens of each request in turn, in these layers, and those after them, padding, not at all.

        requests: of each the row, the strength and how many tokens. The same as last time, as in a batch that decodes,
        is not written again: that takes 0.3 ms with cold caches.
        """
        self.is_idle, self.layers = False, layers
        if tuple(requests) == self._written:
            return
        self._written = tuple(requests)
        rows, strengths, tokens = zip(*requests, strict=True)
        count = sum(tokens)
        self._send(self.rows[:count], np.repeat(np.array(rows, np.int32), tokens))
        self.rows[count:].zero_()
        self._send(self.strengths[:count], np.repeat(np.array(strengths, np.float32), tokens))

    def _send(self, buffer: Tensor, values: NDArray[Any]) -> None:
        buffer.copy_(to_send(values, buffer.device), non_blocking=True)


def to_send(values: NDArray[Any], device: torch.device) -> Tensor:
    """The values as a source from which a copy to the device waits for nothing, and may be under way while they change.

    On a GPU that is page-locked memory of their own. torch keeps such blocks, and gives one out again only after the
    copies from it are done; so after the first few steps nothing is allocated, which could wait.
    """
    given = torch.from_numpy(values)
    return given if device.type == "cpu" else given.pin_memory()
