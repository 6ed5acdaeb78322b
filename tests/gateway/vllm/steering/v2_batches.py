"""Model runner V2's calls to its state, made by hand: no CPU has that runner. Runs in the process of the engines."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock, call

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from routing.steering.model_match import RoutedModel
from routing.steering.profile import Profile
from tests.gateway.vllm.pretended_device import DEVICE, NoWaiting
from tests.gateway.vllm.steering.tiny_models import EXPERTS, LAYERS

SLOTS = 8
MAX_TOKENS = 64
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Step:
    """What the scheduler has for one forward pass.

    new: by slot, the ``vllm_xargs`` of requests that take one. batch: slots with their tokens, in the batch's
    order. padded_tokens: what a CUDA graph pads the batch to.
    """

    new: Mapping[int, Mapping[str, Any] | None]
    batch: tuple[tuple[int, int], ...]
    padded_tokens: int


@dataclass(frozen=True)
class Seen:
    """What a pass is steered by: the row of every token of the buffers, its strength, and tokens counted so far.

    addresses: of all that a CUDA graph would have captured.
    """

    rows: NDArray[np.int32]
    strengths: NDArray[np.float32]
    counted: dict[str, int]
    addresses: tuple[int, ...]


def run_steps(profiles: tuple[Profile, ...], config_hash: str, steps: list[Step]) -> list[Seen]:
    """One state, all steps in turn. Profile i is loaded into row i + 1."""
    state = _state(profiles, config_hash, CPU)
    seen = []
    for step in steps:
        _take(state, step, _input_batch(step, CPU))
        steering = state.dragoman_steering
        tokens = steering.tokens
        copies = tokens.rows.numpy().copy(), tokens.strengths.numpy().copy()
        captured = (tokens.rows, tokens.strengths, steering.table.weights, steering.table.kinds)
        addresses = tuple(tensor.data_ptr() for tensor in captured)
        seen.append(Seen(*copies, dict(steering.tokens_steered), addresses))
    return seen


def copies_of_steps(profiles: tuple[Profile, ...], config_hash: str, steps: list[Step]) -> list[int]:
    """How many copies to a device each step makes. Raises where one would wait for the device.

    Every layer's hook is called, and must make one launch, of a program for each token, padding included.
    """
    from gateway.vllm.steering.binding import LayerSteering

    state, copies = _state(profiles, config_hash, DEVICE), []
    steering = state.dragoman_steering
    weights, kinds = steering.table.weights, steering.table.kinds
    layers = [
        LayerSteering(layer, weights[:, layer], kinds, steering.tokens, False) for layer in range(LAYERS)
    ]
    for step in steps:
        batch = _input_batch(step, DEVICE)
        logits = torch.zeros(step.padded_tokens, EXPERTS, device=DEVICE)
        with launches_only() as launch, NoWaiting() as watched:
            _take(state, step, batch)
            for layer in layers:
                layer.steered(logits)
        assert launch.call_args_list == [call((step.padded_tokens,))] * (LAYERS if len(logits) else 0)
        copies.append(watched.copies)
    return copies


@contextmanager
def launches_only() -> Iterator[MagicMock]:
    """Within, the router bias is CUDA's, and its kernel is launched only as far as what this gives sees the grid."""
    from kernels.router_bias._triton import steer_with_triton

    kernel = MagicMock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.vllm.steering.binding.router_bias", steer_with_triton)
        patch.setattr("kernels.router_bias._triton.steer_token", kernel)
        yield kernel.__getitem__


def _take(state: Any, step: Step, batch: Any) -> None:
    for slot, arguments in step.new.items():
        state.add_request(slot, SimpleNamespace(sampling_params=SimpleNamespace(extra_args=arguments)))
    if step.new:
        state.apply_staged_writes()
    state.prepare_inputs(batch, None)


def _state(profiles: tuple[Profile, ...], config_hash: str, device: torch.device) -> Any:
    from gateway.vllm.steering.profile_table import ProfileTable
    from gateway.vllm.steering.runner_steering import RunnerSteering
    from gateway.vllm.steering.token_rows import TokenRows
    from gateway.vllm.steering.v2_state import SlotRows, SteeredState

    class Plain:
        """What vLLM's own state does is not looked at."""

        def add_request(self, req_index: int, new_req_data: Any) -> None: ...
        def apply_staged_writes(self) -> None: ...
        def prepare_inputs(self, input_batch: Any, req_states: Any) -> dict[str, Any]:
            return {}

    model = RoutedModel(None, None, config_hash, LAYERS, tuple(range(LAYERS)), EXPERTS, 2)
    table = ProfileTable(model, len(profiles), device)
    for profile in profiles:
        table.load(profile)
    made = type("Steered", (SteeredState, Plain), {"__init__": lambda self: None})()
    made.dragoman_steering = RunnerSteering("v2", model, table, TokenRows.allocate(MAX_TOKENS, device))
    made._slots = SlotRows(SLOTS, device)
    return made


def _input_batch(step: Step, device: torch.device) -> SimpleNamespace:
    """The fields that are read, in the runner's types; its buffers are longer than the batch."""
    slots = np.array([slot for slot, _ in step.batch] + [0, 0], np.int32)
    counts = np.array([count for _, count in step.batch], np.int32)
    ends = np.cumsum([0, *counts.tolist(), 0, 0], dtype=np.int32)
    return SimpleNamespace(
        num_reqs=len(step.batch),
        query_start_loc=torch.from_numpy(ends).to(device),
        idx_mapping=torch.from_numpy(slots).to(device),
        idx_mapping_np=slots[: len(step.batch)],
        num_scheduled_tokens=counts,
        num_tokens_after_padding=step.padded_tokens,
    )
