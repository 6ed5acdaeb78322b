"""Holds rows of logits to masks, for vLLM's first model runner: it gives each request's tokens as a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from vllm import SamplingParams

from kernels.token_mask import Draw, Limits, MaskTable, leads_astray
from routing.generation import MaskMode

BIAS_NATS = 5.0
"""What a foreign token's logit loses in the mode ``bias``: at temperature 1 it is drawn 148 times less often."""

_GREEDY_BELOW = 1e-5  # as vLLM has it


@dataclass(frozen=True, slots=True)
class Held:
    """A request in the batch that is held to a mask.

    limits: [1, 4] float32, of `limits_of`. output: its tokens so far; vLLM's own list, which grows.
    """

    table: MaskTable
    mode: MaskMode
    limits: Tensor
    output: Sequence[int]


def limits_of(parameters: SamplingParams) -> Limits:
    """What a request's tokens must reach to be drawn."""
    temperature = parameters.temperature if parameters.temperature >= _GREEDY_BELOW else 0.0
    return Draw(temperature, max(0, parameters.top_k), parameters.top_p, parameters.min_p).limits


def hold(rows: Tensor, penalty: Tensor, mode: MaskMode, limits: Tensor, acted: Tensor) -> None:
    """Changes rows in place, whichever runner they are of, and waits for nothing.

    rows: [rows, vocabulary] float32, padding included. A row of which nothing would be left keeps what it has: a
    grammar allows none of the mask's tokens then. penalty, limits: as of `leads_astray`. acted: int64 without a
    dimension, to which the rows are added that the gate acted on.
    """
    if mode == "bias":
        rows.add_(penalty.clamp(min=-BIAS_NATS))
        return
    if mode == "gate":
        acts = leads_astray(rows, penalty, limits)
        acted.add_(acts.sum())
    else:
        acts = (rows + penalty).amax(-1) > -torch.inf
    # Adding is several times as fast on a CPU as choosing by flags.
    rows.add_(penalty.clamp(min=torch.where(acts, -torch.inf, 0.0)[:, None]))


class RowHolder:
    """Applies masks row by row on one device, and counts on it how often the gate acted."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._between: WeakKeyDictionary[MaskTable, Tensor] = WeakKeyDictionary()
        self._acted = torch.zeros((), dtype=torch.int64, device=device)

    @property
    def acted(self) -> int:
        """How many tokens rows in the mode ``gate`` were held for. Waits for the device."""
        return int(self._acted)

    def held(self, table: MaskTable, mode: MaskMode, limits: Limits, output: Sequence[int]) -> Held:
        """A request that comes into the batch."""
        return Held(table, mode, torch.tensor([limits], device=self._device), output)

    def hold(self, row: Tensor, held: Held) -> None:
        """Changes a row [vocabulary] float32 in place."""
        penalty = self._penalty(held.table, held.table.state_after(held.output), len(row))
        hold(row[None], penalty[None], held.mode, held.limits, self._acted)

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
        return torch.full((vocabulary,), -torch.inf, device=self._device).index_fill_(0, ids, 0.0)
