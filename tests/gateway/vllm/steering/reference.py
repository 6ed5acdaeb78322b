"""Steering as Hugging Face's transformers would do it: an implementation that shares nothing with ours.

Every family computes its router's logits by `torch.nn.functional.linear` with the gate's weight, somewhere inside;
that call is watched for, and its result changed, before whatever the model does with it.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from transformers import PreTrainedModel

from routing.steering.profile import Profile


class SteeredGates(TorchFunctionMode):
    """While entered, the gates' logits are steered by the profile. seen: by layer, the steered logits, in order."""

    def __init__(self, gates: Mapping[int, Tensor], profile: Profile | None, strength: float) -> None:
        super().__init__()
        self._layer_of = {weight.data_ptr(): layer for layer, weight in gates.items()}
        self._profile, self._strength = profile, strength
        self.seen: dict[int, Tensor] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is not torch.nn.functional.linear:
            return result
        weight = args[1] if len(args) > 1 else (kwargs or {})["weight"]
        layer = self._layer_of.get(weight.data_ptr())
        if layer is None:
            return result
        if self._profile is not None:
            result = steer(
                result,
                torch.from_numpy(self._profile.weights[layer].copy()),
                self._profile.kind,
                self._strength,
            )
        self.seen[layer] = result.reshape(-1, result.shape[-1])
        return result


def steer(logits: Tensor, weights: Tensor, kind: str, strength: float) -> Tensor:
    """The formulas of arXiv 2510.04694 (4, 5), one after another, in float64."""
    z = logits.double()
    w = weights.double() * strength
    if kind == "additive":
        return (z + w).to(logits.dtype)
    if kind == "soft":
        return (z + w * z.std(dim=-1, correction=0, keepdim=True)).to(logits.dtype)
    highest, lowest = z.amax(dim=-1, keepdim=True), z.amin(dim=-1, keepdim=True)
    step = max(torch.finfo(logits.dtype).eps, 2**-20)
    forced = highest + step * highest.abs().clamp(min=1)
    banned = lowest - step * lowest.abs().clamp(min=1)
    return torch.where(w > 0, forced, torch.where(w < 0, banned, z)).to(logits.dtype)


def gates(model: PreTrainedModel, experts: int) -> dict[int, Tensor]:
    """The gates' weights by layer: the only matrices with as many rows as there are experts."""
    found = {}
    for name, parameter in model.named_parameters():
        if name.endswith("weight") and parameter.dim() == 2 and parameter.shape[0] == experts:
            found[int(name.split("layers.")[1].split(".")[0])] = parameter.data
    return found


@torch.inference_mode()
def logprobs_of(model: PreTrainedModel, tokens: list[int], steered: SteeredGates) -> Tensor:
    """[tokens, vocabulary] float32: after each token, the log-probabilities of the next."""
    with steered:
        logits = model(torch.tensor([tokens])).logits[0]
    logprobs: Tensor = logits.float().log_softmax(dim=-1)
    return logprobs
