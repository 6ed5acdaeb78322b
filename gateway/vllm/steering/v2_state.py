"""Hooks into vLLM's model runner V2, CUDA's default: a `ModelState` that also keeps who is steered by what.

The runner calls it when a request takes a slot (anew after a preemption too), and before every forward pass, also
where that is the replay of a CUDA graph. Which token belongs to which slot is computed on the device, by the
boundaries that the runner keeps there: nothing waits for the host, and nothing is read back.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from vllm.config import VllmConfig
from vllm.v1.core.sched.output import NewRequestData
from vllm.v1.worker.gpu.input_batch import InputBatch
from vllm.v1.worker.gpu.model_states.interface import ModelState
from vllm.v1.worker.gpu.states import RequestState

from gateway.vllm.steering.config import SteeringConfig, steering_config
from gateway.vllm.steering.runner_steering import RunnerSteering, bind_steering
from gateway.vllm.steering.token_rows import TokenRows, to_send

ResolveStateClass = Callable[[VllmConfig, nn.Module], type[ModelState]]


class SlotRows:
    """The row and strength of every slot of the runner, on the host and, after `send`, on the device."""

    def __init__(self, max_slots: int, device: torch.device) -> None:
        self.arguments: list[Mapping[str, Any] | None] = [None] * max_slots
        self.rows = np.zeros(max_slots, np.int32)
        self.strengths = np.zeros(max_slots, np.float32)
        self.device_rows = torch.zeros(max_slots, dtype=torch.int32, device=device)
        self.device_strengths = torch.zeros(max_slots, device=device)

    def put(self, slot: int, arguments: Mapping[str, Any] | None, row: int, strength: float) -> None:
        """Notes what a request that takes a slot is steered by: nothing, too, for the last one may have been."""
        self.arguments[slot], self.rows[slot], self.strengths[slot] = arguments, row, strength

    def send(self) -> None:
        """Copies to the device, in the order of the stream."""
        device = self.device_rows.device
        self.device_rows.copy_(to_send(self.rows, device), non_blocking=True)
        self.device_strengths.copy_(to_send(self.strengths, device), non_blocking=True)


def spread(
    slots: SlotRows, slot_of_request: Tensor, ends: Tensor, padded_tokens: int, tokens: TokenRows
) -> None:
    """Writes the rows of a batch's tokens, on the device.

    slot_of_request: [requests] integer. ends: [requests] int32, ascending: where each request's tokens end in the
    batch. Tokens from the last end to `padded_tokens`, and to the buffer's end, are not steered.
    """
    requests = slot_of_request.shape[0]
    positions = torch.arange(padded_tokens, dtype=ends.dtype, device=ends.device)
    request = torch.searchsorted(ends, positions, right=True)
    slot = slot_of_request[request.clamp(max=requests - 1)].long()
    is_real = request < requests
    tokens.rows[:padded_tokens] = torch.where(is_real, slots.device_rows[slot], 0)
    tokens.rows[padded_tokens:].zero_()
    tokens.strengths[:padded_tokens] = slots.device_strengths[slot]
    tokens.is_idle = False


class SteeredState:
    """Mixed into the `ModelState` that vLLM chose for the model, before it in the order of resolution."""

    def __init__(
        self, vllm_config: VllmConfig, model: nn.Module, encoder_cache: Any, device: torch.device
    ) -> None:
        super().__init__(vllm_config, model, encoder_cache, device)  # type: ignore[call-arg]
        config = steering_config(vllm_config)
        assert config is not None, "only made where steering is asked for"
        self.dragoman_steering: RunnerSteering = bind_steering(model, config, vllm_config, device, "v2")
        self._slots = SlotRows(vllm_config.scheduler_config.max_num_seqs, device)

    def add_request(self, req_index: int, new_req_data: NewRequestData) -> None:
        """A request took a slot."""
        super().add_request(req_index, new_req_data)  # type: ignore[misc]
        params = new_req_data.sampling_params
        arguments = None if params is None else params.extra_args
        self._slots.put(req_index, arguments, *self.dragoman_steering.assignment(arguments))

    def apply_staged_writes(self) -> None:
        """Called after the step's `add_request` calls, before its forward pass."""
        super().apply_staged_writes()  # type: ignore[misc]
        self._slots.send()

    def prepare_inputs(self, input_batch: InputBatch, req_states: RequestState) -> dict[str, Any]:
        """Called before every forward pass but those at a capture.

        vLLM's dummy passes, too, whose answers nobody gets: they are steered as the requests that last had the slots.
        """
        requests = input_batch.num_reqs
        if requests:
            ends = input_batch.query_start_loc[1 : requests + 1]
            slots = input_batch.idx_mapping[:requests]
            padded_tokens = input_batch.num_tokens_after_padding
            spread(self._slots, slots, ends, padded_tokens, self.dragoman_steering.tokens)
            self._count(input_batch)
        prepared: dict[str, Any] = super().prepare_inputs(input_batch, req_states)  # type: ignore[misc]
        return prepared

    def _count(self, input_batch: InputBatch) -> None:
        scheduled = zip(input_batch.idx_mapping_np, input_batch.num_scheduled_tokens, strict=False)
        for slot, tokens in scheduled:
            self.dragoman_steering.count(self._slots.arguments[slot], int(tokens))


def steered_state_class(original: ResolveStateClass) -> ResolveStateClass:
    """``resolve_model_state_cls`` that mixes steering into what vLLM chose, where it is asked for."""

    def resolve_model_state_cls(vllm_config: VllmConfig, model: nn.Module) -> type[ModelState]:
        chosen = original(vllm_config, model)
        config: SteeringConfig | None = steering_config(vllm_config)
        if config is None:
            return chosen
        return type(f"Steered{chosen.__name__}", (SteeredState, chosen), {})

    return resolve_model_state_cls
