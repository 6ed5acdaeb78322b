"""Hooks into vLLM's model runner V1: the CPU's, and CUDA's where V2 is switched off."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vllm.v1.core.sched.output import SchedulerOutput
from vllm.v1.worker.gpu_model_runner import GPUModelRunner

from gateway.vllm.steering.binding import HELD_AT
from gateway.vllm.steering.config import steering_config
from gateway.vllm.steering.profile_table import NO_PROFILE
from gateway.vllm.steering.runner_steering import RunnerSteering, bind_steering

LoadModel = Callable[..., None]
PrepareInputs = Callable[[GPUModelRunner, SchedulerOutput, NDArray[np.int32]], Any]


def steered_load_model(original: LoadModel) -> LoadModel:
    """``load_model`` of a runner, after which the model's routers are bound. Weights may be loaded again later."""

    def load_model(self: GPUModelRunner, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        config = steering_config(self.vllm_config)
        if config is not None:
            setattr(self, HELD_AT, bind_steering(self.model, config, self.vllm_config, self.device, "v1"))

    return load_model


def steered_prepare_inputs(original: PrepareInputs) -> PrepareInputs:
    """``_prepare_inputs`` that also writes which row steers each token of the batch.

    It runs once before every forward pass, whatever was scheduled: chunks of a prompt, decoding, both at once,
    requests that were preempted and are back. Requests that left the batch are not in `input_batch` any more.
    """

    def _prepare_inputs(
        self: GPUModelRunner, scheduler_output: SchedulerOutput, num_scheduled_tokens: NDArray[np.int32]
    ) -> Any:
        prepared = original(self, scheduler_output, num_scheduled_tokens)
        steering: RunnerSteering | None = getattr(self, HELD_AT, None)
        if steering is not None:
            arguments = [
                _arguments(self.requests[request_id].sampling_params)
                for request_id in self.input_batch.req_ids[: len(num_scheduled_tokens)]
            ]
            assign_rows(steering, arguments, num_scheduled_tokens)
        return prepared

    return _prepare_inputs


def _arguments(sampling_params: Any) -> Mapping[str, Any] | None:
    return None if sampling_params is None else sampling_params.extra_args


def assign_rows(
    steering: RunnerSteering, arguments: list[Mapping[str, Any] | None], num_tokens: NDArray[np.int32]
) -> None:
    """Writes the rows of a batch: `num_tokens` of each request in order, then padding, which is not steered."""
    counts = num_tokens.tolist()
    requests = [(*steering.assignment(each), tokens) for each, tokens in zip(arguments, counts, strict=True)]
    rows = {row for row, _, _ in requests}
    if rows <= {NO_PROFILE}:
        steering.tokens.clear()
        return
    steering.tokens.write(requests, steering.table.layers(rows))
    for each, tokens in zip(arguments, counts, strict=True):
        steering.count(each, tokens)
