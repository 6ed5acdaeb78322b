"""What the routers of a model do while it reads, summed up by sequence where it happens.

A step's rows are the tokens of several sequences, one after another. Which sequences, and in which order, is
not asked of the model runner, whose two versions keep it differently: the model is handed the tokens and their
positions, a sequence begins where a position is not the one after its neighbour's, and it is known again by its tokens.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from vllm.model_executor.layers.fused_moe.routed_experts_capturer import bind_routed_experts_capturer
from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner

from routing.errors import ConfigError


@dataclass(frozen=True, slots=True, eq=False)
class ReadSequence:
    """A sequence as the engine read it. weights, shares: [layers, experts] float32, as `SequenceRouting` has them."""

    tokens: tuple[int, ...]
    weights: NDArray[np.float32]
    shares: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """One forward pass. weights, shares: by layer, [sequences, experts] float32."""

    sequences: list[tuple[int, ...]]
    lengths: Tensor
    rows: int
    weights: dict[int, Tensor] = field(default_factory=dict)
    shares: dict[int, Tensor] = field(default_factory=dict)


class Recording:
    """Watches a model from `attach` on. The engine must run eagerly, without batches that ranks share out."""

    def __init__(self, routers: Mapping[int, MoERunner], experts: int) -> None:
        self._routers = routers
        self._experts = experts
        self._steps: list[_Step] = []

    def attach(self, model: nn.Module) -> None:
        """Begins to record. Raises `ConfigError` where vLLM cannot tell which experts are chosen."""
        try:
            # All it asks of a capturer is `capture`.
            bind_routed_experts_capturer(model, cast("Any", self))
        except ValueError as error:
            raise ConfigError(str(error)) from None
        for layer, runner in self._routers.items():
            # Around vLLM's module protocol, which would take the function for a parameter or a child.
            object.__setattr__(
                runner, "_maybe_dispatch", partial(self._dispatch, layer, runner._maybe_dispatch)
            )
        model.register_forward_pre_hook(self._begin_step, with_kwargs=True)

    def take(self) -> list[ReadSequence]:
        """What was read since the last call."""
        steps, self._steps = self._steps, []
        return [sequence for step in steps for sequence in self._sequences(step)]

    def capture(self, layer: int, chosen: Tensor) -> None:
        """vLLM's own capture: the experts of each token, [tokens, experts per token], as its router chose them."""
        step = self._step(chosen)
        marks = torch.zeros(step.rows, self._experts, device=chosen.device).scatter_(1, chosen.long(), 1.0)
        step.shares[layer] = _mean_of_each(marks, step.lengths)

    def _dispatch(
        self, layer: int, original: Callable[..., tuple[Tensor, Tensor]], hidden: Tensor, logits: Tensor
    ) -> tuple[Tensor, Tensor]:
        step = self._step(logits)
        step.weights[layer] = _mean_of_each(logits.float().softmax(dim=-1), step.lengths)
        return original(hidden, logits)

    def _begin_step(self, _model: nn.Module, _args: Any, arguments: dict[str, Any]) -> None:
        tokens, positions = arguments["input_ids"], arguments["positions"]
        if tokens is None:
            raise ConfigError(
                "calibration cannot read with a model that is given embeddings instead of tokens"
            )
        # Models with positions in several dimensions have equal ones for text.
        along = positions[0] if positions.dim() > 1 else positions
        apart = torch.ones_like(along, dtype=torch.bool)
        apart[1:] = along[1:] != along[:-1] + 1
        begins = [*apart.nonzero().flatten().tolist(), len(tokens)]
        lengths = torch.tensor(begins, device=tokens.device).diff()
        read = [tuple(part.tolist()) for part in tokens.cpu().split(lengths.tolist())]
        self._steps.append(_Step(read, lengths, len(tokens)))

    def _step(self, rows: Tensor) -> _Step:
        if rows.shape[0] != self._steps[-1].rows:
            raise ConfigError("the engine shares out the rows of a batch; calibrate without data parallelism")
        return self._steps[-1]

    def _sequences(self, step: _Step) -> list[ReadSequence]:
        silent = [layer for layer in self._routers if layer not in step.weights or layer not in step.shares]
        if silent:
            raise ConfigError(f"the routers of layers {silent} were not heard")
        weights, shares = (_stacked(by_layer, self._routers) for by_layer in (step.weights, step.shares))
        return [ReadSequence(*sequence) for sequence in zip(step.sequences, weights, shares, strict=True)]


def _mean_of_each(values: Tensor, lengths: Tensor) -> Tensor:
    # Not index_add, whose sums on a GPU are added up in another order each time.
    return torch.segment_reduce(values, "mean", lengths=lengths, axis=0)


def _stacked(by_layer: Mapping[int, Tensor], layers: Mapping[int, MoERunner]) -> NDArray[np.float32]:
    """[sequences, layers, experts]."""
    stacked: NDArray[np.float32] = torch.stack([by_layer[layer] for layer in layers], dim=1).cpu().numpy()
    return stacked
