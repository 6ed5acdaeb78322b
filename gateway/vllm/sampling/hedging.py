"""Gives each of the ``n`` answers to a request a temperature of its own (`routing.hedge_request`).

vLLM's front end makes ``n`` requests of one before the engine's core sees any, so this needs no sampler of ours and no
model runner in particular. The children share their prompt by vLLM's prefix cache; where the engine has our sampler,
they also draw their first tokens from one row of logits (`first_rows`).
"""

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import SamplingParams

from gateway.vllm.sampling.config import wants_hedging
from gateway.vllm.sampling.first_rows import PARENT_ARGUMENT
from routing.hedge_request import Hedges, wanted_hedges

if TYPE_CHECKING:
    from vllm.config import VllmConfig


def check_hedges(params: SamplingParams, vllm_config: "VllmConfig") -> None:
    """Raises `VLLMValidationError`, vLLM's 400, where a request asks for what it cannot have."""
    try:
        if PARENT_ARGUMENT in (params.extra_args or {}):
            raise ValueError(f"{PARENT_ARGUMENT} is not for requests to give")
        hedges = wanted_hedges(params.extra_args, params.n)
    except ValueError as error:
        raise VLLMValidationError(str(error), parameter="vllm_xargs") from None
    if hedges is not None and (reason := _why_not(hedges, vllm_config)):
        raise VLLMValidationError(reason, parameter="vllm_xargs")


def _why_not(hedges: Hedges, vllm_config: "VllmConfig") -> str | None:
    if not wants_hedging(vllm_config):
        return "this engine gives no answers temperatures of their own: it was started without"
    # vLLM checks the request's own parameters alone, and would leave these out of the draw without a word.
    if any(hedges.min_p) and vllm_config.speculative_config is not None:
        return "min-p does not go with this engine's speculative decoding"
    if vllm_config.model_config.is_diffusion:
        return "a diffusion model's answers have no temperatures of their own"
    return None


def hedging_validate(original: Callable[..., Any]) -> Callable[..., Any]:
    """``InputProcessor._validate_params`` that also checks what a request says of its answers' temperatures."""

    def _validate_params(self: Any, params: Any, supported_tasks: Any) -> Any:
        if isinstance(params, SamplingParams):
            check_hedges(params, self.vllm_config)
        return original(self, params, supported_tasks)

    return _validate_params


def hedging_generate(original: Callable[..., Any]) -> Callable[..., Any]:
    """``AsyncLLM.generate`` that checks when it is called: later the head of a streamed answer has been sent."""

    def generate(self: Any, prompt: Any, sampling_params: SamplingParams, *args: Any, **kwargs: Any) -> Any:
        check_hedges(sampling_params, self.vllm_config)
        return original(self, prompt, sampling_params, *args, **kwargs)

    return generate


def hedged_child(original: Callable[..., SamplingParams]) -> Callable[..., SamplingParams]:
    """``ParentRequest._get_child_sampling_params`` that gives the child its own temperature and min-p."""

    def _get_child_sampling_params(self: Any, index: int) -> SamplingParams:
        params = original(self, index)
        hedges = wanted_hedges(self.sampling_params.extra_args, self.sampling_params.n)
        if hedges is None:
            return params
        child = _hedged(params, hedges, index)
        # Not the request's id, which a client may choose.
        parent = self.__dict__.setdefault(PARENT_ARGUMENT, uuid4().hex)
        child.extra_args = {**(child.extra_args or {}), PARENT_ARGUMENT: parent}
        return child

    return _get_child_sampling_params


def _hedged(params: SamplingParams, hedges: Hedges, index: int) -> SamplingParams:
    child = copy(params)  # vLLM's own may be shared with the next child
    child.__dict__.pop("sampling_type", None)  # worked out from the temperature, once
    if hedges.min_p:
        child.min_p = hedges.min_p[index]
    if hedges.temperatures:
        child.temperature = hedges.temperatures[index]
        if child.temperature == 0:
            # What vLLM makes of every greedy request.
            child.top_p, child.top_k, child.min_p = 1.0, 0, 0.0
    return child
