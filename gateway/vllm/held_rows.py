"""Holds rows of logits to masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from vllm import SamplingParams

from kernels.token_mask import Draw, MaskTable, leads_astray
from routing.generation import Mask, MaskMode

BIAS_NATS = 5.0
"""What a foreign token's logit loses in the mode ``bias``: at temperature 1 it is drawn 148 times less often."""

_GREEDY_BELOW = 1e-5  # as vLLM has it


@dataclass(frozen=True, slots=True)
class Held:
    """A request in the batch that is held to a mask.

    output: its tokens so far; vLLM's own list, which grows.
    """

    table: MaskTable
    mode: MaskMode
    draw: Draw
    output: Sequence[int] = ()

    @classmethod
    def of(
        cls, mask: Mask, table: MaskTable, parameters: SamplingParams, output: Sequence[int] = ()
    ) -> "Held":
        """A request that asks for this mask and is drawn with these parameters."""
        temperature = parameters.temperature if parameters.temperature >= _GREEDY_BELOW else 0.0
        draw = Draw(temperature, max(0, parameters.top_k), parameters.top_p, parameters.min_p)
        return cls(table, mask.mode, draw, output)


class RowHolder:
    """Applies masks on one device, and counts on it how often the gate acted."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._between: WeakKeyDictionary[MaskTable, Tensor] = WeakKeyDictionary()
        self._acted = torch.zeros((), dtype=torch.int64, device=device)

    @property
    def acted(self) -> int:
        """How many tokens rows in the mode ``gate`` were held for. Waits for the device."""
        return int(self._acted)

    def hold(self, row: Tensor, held: Held, tokens: Sequence[int]) -> None:
        """Changes a row in place; ``tokens`` are the last ones of its text, three or more where there are.

        row: [vocabulary] float32, padding included. A row of which nothing would be left keeps what it has: a
        grammar allows none of the mask's tokens then. Cost on one CPU core: 40 to 50 µs for 49,000 tokens, 150 to 170
        for 152,000; in the mode ``bias`` less than half of that, in ``gate`` ten times as much.
        """
        penalty = self._penalty(held.table, held.table.state_after(tokens), len(row))
        if held.mode == "bias":
            row.add_(penalty.clamp(min=-BIAS_NATS))
            return
        strict = row + penalty
        acts = strict.amax() > -torch.inf
        if held.mode == "gate":
            acts = acts & leads_astray(row, penalty == 0, held.draw)
            self._acted += acts
        torch.where(acts, strict, row, out=row)

    def _penalty(self, table: MaskTable, state: bytes, vocabulary: int) -> Tensor:
        """What tokens lose, 0 or infinitely much. Kept for the one state between characters: the others are many,
        seldom and quickly made.
        """
        if state:
            return self._built(table, state, vocabulary)
        if table not in self._between:
            self._between[table] = self._built(table, state, vocabulary)
        return self._between[table]

    def _built(self, table: MaskTable, state: bytes, vocabulary: int) -> Tensor:
        ids = torch.from_numpy(table.allowed_ids(state)).to(self._device, non_blocking=True)
        # Adding is four times as fast on a CPU as filling by flags.
        return torch.full((vocabulary,), -torch.inf, device=self._device).index_fill_(0, ids, 0.0)
