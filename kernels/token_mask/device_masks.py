"""Masks of several tables on one device, found there for each row of a batch by looking up: the host is not asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kernels.token_mask.states import TAIL_BYTES
from kernels.token_mask.table import MaskTable

TAIL_TOKENS = TAIL_BYTES
"""Tokens that tell which character is open: each may be a single byte."""


@dataclass(frozen=True, slots=True)
class DeviceMasks:
    """The states of all tables numbered through. All tables are of one vocabulary.

    starts: by table, its state between characters.
    tails: [tokens + 1, 3] int32, of `token_tails`.
    steps: [states, 257] int32. goes_on: [states, continuing] bool. As in `TableStates`.
    continuing: [continuing] int64, the tokens that begin within a character.
    place: [states] int32, the row of ``between`` that holds for a state.
    between: [tables + 1, vocabulary] float32, 0 for tokens that are allowed between characters and -inf for others;
    for an open character the first, which has none.
    """

    starts: dict[MaskTable, int]
    tails: Tensor
    steps: Tensor
    goes_on: Tensor
    continuing: Tensor
    place: Tensor
    between: Tensor

    @classmethod
    def of(cls, tables: Sequence[MaskTable], tails: Tensor, vocabulary: int) -> "DeviceMasks":
        """Those of one table or more, sent to where ``tails`` is; ``vocabulary`` with padding, which is ruled out."""
        states = [table.states for table in tables]
        ends = np.cumsum([0, *(len(each.steps) for each in states)])
        starts = [int(start) for start in ends[:-1]]
        place = np.zeros(ends[-1], np.int32)
        place[starts] = np.arange(len(tables)) + 1
        steps = [each.steps + start for each, start in zip(states, starts, strict=True)]
        arrays = (
            np.concatenate(steps, dtype=np.int32),
            np.concatenate([each.goes_on for each in states]),
            np.array(tables[0].continuing, np.int64),
            place,
            _between(tables, vocabulary),
        )
        return cls(
            dict(zip(tables, starts, strict=True)), tails, *(_sent(each, tails.device) for each in arrays)
        )

    @property
    def no_token(self) -> int:
        """What stands for a token without text, and for none: the number of tokens."""
        return len(self.tails) - 1

    def states_after(self, starts: Tensor, tokens: Tensor) -> Tensor:
        """Each row's state [rows], as of `MaskTable.state_after`.

        starts: [rows] integer, each row's table by its state between characters. tokens: [rows, 3] integer, the last
        of each row's text, `no_token` where it has fewer.
        """
        states = starts
        for byte in self.tails[tokens].flatten(1).unbind(1):
            states = self.steps[states, byte]
        return states

    def penalties(self, states: Tensor) -> Tensor:
        """[rows, vocabulary] float32: 0 for tokens that may come next in each row's state, -inf for others."""
        penalties = self.between.index_select(0, self.place[states])
        goes_on = torch.where(self.goes_on[states], 0.0, penalties[:, self.continuing])
        return penalties.index_copy_(1, self.continuing, goes_on)


def _between(tables: Sequence[MaskTable], vocabulary: int) -> npt.NDArray[np.float32]:
    between = np.full((len(tables) + 1, vocabulary), -np.inf, np.float32)
    for row, table in zip(between[1:], tables, strict=True):
        row[table.allowed_ids()] = 0
    return between


def _sent(array: npt.NDArray[Any], device: torch.device) -> Tensor:
    """From pinned memory where there is any to pin: from other memory the host would wait."""
    fresh = torch.from_numpy(array)
    return (fresh.pin_memory() if device.type == "cuda" else fresh).to(device, non_blocking=True)
