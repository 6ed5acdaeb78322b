"""Steering that is right in eager mode and wrong in a CUDA graph. Each is given what a worker steers with.

Runs in the process of the engines.
"""

from typing import Any

import pytest
from torch import Tensor


def skips_what_is_idle_at_the_capture(patch: pytest.MonkeyPatch, steering: Any) -> None:
    from gateway.vllm.steering.binding import LayerSteering

    steered = LayerSteering.steered
    steering.tokens.clear()
    patch.setattr(
        LayerSteering,
        "steered",
        lambda self, logits: logits if self.tokens.is_idle else steered(self, logits),
    )


def replaces_a_buffer(patch: pytest.MonkeyPatch, steering: Any) -> None:
    from gateway.vllm.steering import v2_state

    spread = v2_state.spread

    def spread_into_new_rows(*arguments: Any) -> None:
        steering.tokens.rows = steering.tokens.rows.clone()
        spread(*arguments)

    patch.setattr(v2_state, "spread", spread_into_new_rows)


def launches_up_to_the_last_steered_token(patch: pytest.MonkeyPatch, _: Any) -> None:
    from kernels.router_bias._triton import steer_with_triton

    def router_bias(
        logits: Tensor, weights: Tensor, kinds: Tensor, rows: Tensor, strengths: Tensor
    ) -> Tensor:
        steered, last = (
            logits.clone(),
            rows.numpy().nonzero()[0].max(initial=-1),
        )  # as a count that the host keeps
        steered[: last + 1] = steer_with_triton(logits[: last + 1], weights, kinds, rows, strengths)
        return steered

    patch.setattr("gateway.vllm.steering.binding.router_bias", router_bias)


def computes_on_the_host(patch: pytest.MonkeyPatch, _: Any) -> None:
    from kernels.router_bias._numba import steer_with_numba

    patch.setattr("gateway.vllm.steering.binding.router_bias", steer_with_numba)


def asks_the_device_whether_to_steer(patch: pytest.MonkeyPatch, _: Any) -> None:
    from gateway.vllm.steering.binding import LayerSteering

    steered = LayerSteering.steered
    patch.setattr(
        LayerSteering,
        "steered",
        lambda self, logits: steered(self, logits) if bool(self.tokens.rows.any()) else logits,
    )
