"""Holds rows of logits to masks, for vLLM's second model runner: it gives requests slots and keeps tokens on the GPU.

All is found there: the character that a row's last tokens leave open, the tokens that may come next, whether the gate
acts. The host sends which rows are held when the batch has changed, and waits for nothing.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from vllm.utils.torch_utils import async_tensor_h2d
from vllm.v1.worker.gpu.sample.logits_processor.interface import LogitsContext, LogitsProcRequestState

from gateway.vllm.held_rows import hold
from gateway.vllm.masked_slots import MaskedSlots
from kernels.token_mask import TAIL_TOKENS, Limits, MaskTable
from routing.generation import MaskMode

_ROWS_AT_ONCE = 32
"""Bounds the memory that a step takes beside the logits: four times as many rows, 134 MB at a vocabulary of 262,000."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of the batch that are held in one way, with their slots, both int64 on the device."""

    mode: MaskMode
    rows: Tensor
    slots: Tensor


class SlotHolder:
    """Applies masks to the rows of a batch together, and counts on the device how often the gate acted."""

    def __init__(self, requests: LogitsProcRequestState) -> None:
        self._requests = requests
        self._slots = MaskedSlots(requests)
        self._batch: NDArray[np.int32] | None = None
        self._groups: list[_Group] = []
        self._acted = torch.zeros((), dtype=torch.int64, device=requests.device)

    @property
    def acted(self) -> int:
        """How many tokens rows in the mode ``gate`` were held for. Waits for the device."""
        return int(self._acted)

    def take(self, slot: int, table: MaskTable, mode: MaskMode, limits: Limits) -> None:
        """A slot is held from the next `send` on."""
        self._slots.take(slot, table, mode, limits)
        self._batch = None

    def leave(self, slot: int) -> None:
        """A slot is not held any more, if it was."""
        self._slots.leave(slot)
        self._batch = None

    def send(self) -> None:
        """Once a step, after all slots were taken: what is new goes to the device."""
        self._slots.send()

    def hold(self, logits: Tensor, context: LogitsContext) -> None:
        """Changes the rows of slots that are held, in place; logits: [rows, vocabulary] float32."""
        for group in self._groups_of(context.idx_mapping_np):
            rows = logits.index_select(0, group.rows)
            self._hold(rows, group, context.pos.index_select(0, group.rows))
            logits.index_copy_(0, group.rows, rows)

    def _hold(self, rows: Tensor, group: _Group, positions: Tensor) -> None:
        there = self._slots.there
        assert there is not None, "`send` comes before"
        starts = there.starts.index_select(0, group.slots)
        states = there.masks.states_after(
            starts, self._last_tokens(group.slots, positions, there.masks.no_token)
        )
        limits = there.limits.index_select(0, group.slots)
        hold(rows, there.masks.penalties(states), group.mode, limits, self._acted)

    def _groups_of(self, batch: NDArray[np.int32]) -> list[_Group]:
        """Put together when the batch changes: a step in which it does not sends nothing to the device."""
        if self._batch is None or not np.array_equal(batch, self._batch):
            self._batch = batch.copy()
            modes = [self._slots.mode(slot) for slot in batch.tolist()]
            self._groups = [
                group
                for mode in sorted({mode for mode in modes if mode})
                for group in self._grouped(mode, modes)
            ]
        return self._groups

    def _grouped(self, mode: MaskMode, modes: list[MaskMode | None]) -> list[_Group]:
        assert self._batch is not None, "it has these modes"
        rows = np.array([row for row, its_mode in enumerate(modes) if its_mode == mode])
        there = async_tensor_h2d(np.stack([rows, self._batch[rows]]), device=self._requests.device)
        return [
            _Group(mode, *there[:, first : first + _ROWS_AT_ONCE].unbind(0))
            for first in range(0, len(rows), _ROWS_AT_ONCE)
        ]

    def _last_tokens(self, slots: Tensor, positions: Tensor, no_token: int) -> Tensor:
        """[rows, 3]: the last tokens of each row's answer; ``no_token`` for those it has not and for unknown ones.

        The prompt's do not count: it ends between characters.
        """
        before = torch.arange(TAIL_TOKENS - 1, -1, -1, device=positions.device)
        places = positions[:, None] - before
        tokens = self._requests.all_token_ids.gpu[slots[:, None], places.clamp(min=0)]
        is_said = places >= self._requests.prompt_len.gpu[slots][:, None]
        return torch.where(is_said & (tokens >= 0) & (tokens < no_token), tokens, no_token)
