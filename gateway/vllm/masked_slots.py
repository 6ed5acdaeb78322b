"""Which slots of vLLM's second model runner are held to which masks: on the host, and after `send` on the device."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from vllm.utils.torch_utils import async_tensor_h2d
from vllm.v1.worker.gpu.sample.logits_processor.interface import LogitsProcRequestState

from kernels.token_mask import DeviceMasks, Limits, MaskTable, token_tails
from routing.generation import MaskMode

_MOST_TABLES = 64
"""Those kept on the device, unless more are in use."""


@dataclass(frozen=True, slots=True)
class SlotsThere:
    """What the device knows. starts: [slots] int64, of `DeviceMasks.states_after`. limits: [slots, 4] float32."""

    masks: DeviceMasks
    starts: Tensor
    limits: Tensor


class MaskedSlots:
    """Changes when a request takes a slot. A request that ends leaves its slot as it is, for the next to take.

    there: what was sent last; None where no slot was ever masked.
    """

    def __init__(self, requests: LogitsProcRequestState) -> None:
        self.there: SlotsThere | None = None
        self._requests = requests
        self._held: dict[int, tuple[MaskTable, MaskMode, Limits]] = {}
        self._is_sent = True

    def take(self, slot: int, table: MaskTable, mode: MaskMode, limits: Limits) -> None:
        """A slot is held from now on: after `send`."""
        self._held[slot] = table, mode, limits
        self._is_sent = False

    def leave(self, slot: int) -> None:
        """A slot is not held any more, if it was."""
        self._held.pop(slot, None)

    def mode(self, slot: int) -> MaskMode | None:
        """How a slot is held; None where it is not."""
        return self._held[slot][1] if slot in self._held else None

    def send(self) -> None:
        """Copies what is new to the device, in the order of the stream. Free where nothing is.

        A table costs its `MaskTable.states` when it comes, and a few milliseconds for what is there already.
        """
        if self._is_sent or not self._held:
            return
        masks = self._masks()
        starts = np.zeros(self._requests.max_num_reqs, np.int64)
        limits = np.ones((len(starts), len(Limits._fields)), np.float32)
        for slot, (table, _, its_limits) in self._held.items():
            starts[slot], limits[slot] = masks.starts[table], its_limits
        self.there = SlotsThere(masks, self._there(starts), self._there(limits))
        self._is_sent = True

    def _masks(self) -> DeviceMasks:
        """Those of the last time where they have all that are wanted now."""
        wanted = list(dict.fromkeys(table for table, *_ in self._held.values()))
        if self.there is None:
            tails = self._there(token_tails(wanted[0].tokens))
            return DeviceMasks.of(wanted, tails, self._requests.vocab_size)
        known = self.there.masks
        if known.starts.keys() >= set(wanted):
            return known
        all_tables = list(dict.fromkeys([*known.starts, *wanted]))
        tables = all_tables if len(all_tables) <= _MOST_TABLES else wanted
        return DeviceMasks.of(tables, known.tails, self._requests.vocab_size)

    def _there(self, values: NDArray[np.generic]) -> Tensor:
        return async_tensor_h2d(values, device=self._requests.device)
