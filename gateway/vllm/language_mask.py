"""Holds decoding to the script of a language, by vLLM's own interfaces for logits processors.

vLLM loads it with ``--logits-processors gateway.vllm.language_mask:LanguageMask``, whichever of its two model runners
it uses. A request asks for it as `routing.mask_request` says.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import BatchUpdate, LogitsProcessor
from vllm.v1.sample.logits_processor.builtin import process_dict_updates
from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor as SlotLogitsProcessor
from vllm.v1.worker.gpu.sample.logits_processor.interface import LogitsContext, LogitsProcRequestState

from gateway.vllm.held_rows import Held, RowHolder, limits_of
from gateway.vllm.held_slots import SlotHolder
from gateway.vllm.mask_tables import MaskTables
from kernels.token_mask import MaskTable
from routing.generation import Mask
from routing.mask_request import wanted_mask

if TYPE_CHECKING:
    from vllm.config import VllmConfig


class LanguageMask(LogitsProcessor, SlotLogitsProcessor):
    """vLLM's logits processor; one object for each worker, which sees every batch. Rows without a mask are not touched.

    It is a processor of both model runners. The first (CPU) tells of changes in the batch and gives each request's
    tokens as a list. The second (CUDA) gives requests slots and keeps tokens on the GPU; no step waits for them. The
    second has not run on a GPU yet.
    """

    @classmethod
    def validate_params(cls, sampling_params: SamplingParams) -> None:
        """Called before a request is taken; what it raises becomes a 400."""
        wanted_mask(sampling_params.extra_args)

    def __init__(
        self,
        vllm_config: "VllmConfig",
        place: torch.device | LogitsProcRequestState,
        is_pin_memory: bool = False,  # noqa: ARG002 - the first runner's interface
    ) -> None:
        if vllm_config.speculative_config is not None:
            raise ValueError("language masks do not go with speculative decoding")
        self._tables = MaskTables(vllm_config.model_config)
        self._holder = RowHolder(place) if isinstance(place, torch.device) else SlotHolder(place)
        self._held: dict[int, Held] = {}

    @property
    def gate_acted(self) -> int:
        """For how many tokens the gate has acted since the start. Waits for the device."""
        return self._holder.acted

    def is_argmax_invariant(self) -> bool:
        """It changes which token is likeliest."""
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        """The first runner's: keeps the rows in step with the batch."""
        process_dict_updates(
            self._held, batch_update, lambda parameters, _, output: self._row(parameters, output)
        )

    def add_request(self, req_idx: int, sampling_params: SamplingParams) -> bool:
        """The second runner's: a request takes a slot, which another may have had."""
        assert isinstance(self._holder, SlotHolder), "the second runner's"
        mask = wanted_mask(sampling_params.extra_args)
        if mask is None:
            self._holder.leave(req_idx)
        else:
            self._holder.take(req_idx, self._table(mask), mask.mode, limits_of(sampling_params))
        return mask is not None

    def apply_staged_writes(self) -> None:
        """The second runner's, once a step, before the forward pass."""
        assert isinstance(self._holder, SlotHolder), "the second runner's"
        self._holder.send()

    def apply(self, logits: Tensor, ctx: LogitsContext | None = None) -> Tensor:
        """Rules out, in place, what the masks do not allow; ``logits`` [requests, vocabulary] float32."""
        if isinstance(self._holder, SlotHolder):
            assert ctx is not None, "the second runner gives it"
            self._holder.hold(logits, ctx)
            return logits
        for row, held in self._held.items():
            self._holder.hold(logits[row], held)
        return logits

    def _row(self, parameters: SamplingParams, output: Sequence[int]) -> Held | None:
        assert isinstance(self._holder, RowHolder), "the first runner's"
        if (mask := wanted_mask(parameters.extra_args)) is None:
            return None
        return self._holder.held(self._table(mask), mask.mode, limits_of(parameters), output)

    def _table(self, mask: Mask) -> MaskTable:
        return self._tables.table(mask.language, latin=mask.latin)
