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

from gateway.vllm.held_rows import Held, RowHolder
from gateway.vllm.mask_tables import MaskTables
from routing.mask_request import wanted_mask

if TYPE_CHECKING:
    from vllm.config import VllmConfig

_TAIL = 3
"""Tokens that tell which character is open."""


class LanguageMask(LogitsProcessor, SlotLogitsProcessor):
    """vLLM's logits processor; one object for each worker, which sees every batch. Rows without a mask are not touched.

    It is a processor of both model runners. The first (CPU) tells of changes in the batch and gives each request's
    tokens as a list. The second (CUDA) gives requests slots, and keeps tokens on the GPU: in a batch with masked rows
    their last three are copied to the host each step, which waits for the GPU. The second has not run on a GPU yet.
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
        self._requests = None if isinstance(place, torch.device) else place
        self._holder = RowHolder(place if isinstance(place, torch.device) else place.device)
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
            self._held, batch_update, lambda parameters, _, output: self._wanted(parameters, output)
        )

    def add_request(self, req_idx: int, sampling_params: SamplingParams) -> bool:
        """The second runner's: a request takes a slot, which another may have had."""
        held = self._wanted(sampling_params, ())
        self._held.pop(req_idx, None)
        if held is not None:
            self._held[req_idx] = held
        return held is not None

    def apply(self, logits: Tensor, ctx: LogitsContext | None = None) -> Tensor:
        """Rules out, in place, what the masks do not allow; ``logits`` [requests, vocabulary] float32."""
        if ctx is None:
            for row, held in self._held.items():
                self._holder.hold(logits[row], held, held.output)
            return logits
        rows = [(row, slot) for row, slot in enumerate(ctx.idx_mapping_np.tolist()) if slot in self._held]
        if rows:
            tails = self._tails([row for row, _ in rows], [slot for _, slot in rows], ctx.pos)
            for (row, slot), tail in zip(rows, tails, strict=True):
                self._holder.hold(logits[row], self._held[slot], tail)
        return logits

    def _wanted(self, parameters: SamplingParams, output: Sequence[int]) -> Held | None:
        if (mask := wanted_mask(parameters.extra_args)) is None:
            return None
        return Held.of(mask, self._tables.table(mask.language, latin=mask.latin), parameters, output)

    def _tails(self, rows: list[int], slots: list[int], positions: Tensor) -> list[list[int]]:
        """The last tokens of rows; of the prompt too, which ends between characters."""
        assert self._requests is not None, "the second runner gives them"
        device = positions.device
        last = positions[torch.tensor(rows, device=device)].long()[:, None]
        places = (last - torch.arange(_TAIL - 1, -1, -1, device=device)).clamp(min=0)
        tokens = self._requests.all_token_ids.gpu[torch.tensor(slots, device=device)[:, None], places]
        return [[int(token) for token in tail] for tail in tokens.tolist()]
