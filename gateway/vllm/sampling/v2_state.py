"""Hook into vLLM's model runner V2: a `ModelState` that gives it our sampler, by vLLM's own interface for that."""

from collections.abc import Callable
from typing import Any

from torch import nn
from vllm.config import VllmConfig
from vllm.v1.worker.gpu.model_states.interface import ModelState
from vllm.v1.worker.gpu.sample.sampler import Sampler

from gateway.vllm.sampling.config import wants_sampler
from gateway.vllm.sampling.v1_runner import compile_kernel
from gateway.vllm.sampling.v2_sampler import KernelSampler

ResolveStateClass = Callable[[VllmConfig, nn.Module], type[ModelState]]


class SamplingState:
    """Mixed into the `ModelState` that vLLM chose for the model, before it in the order of resolution."""

    def custom_sampler(self, sampler: Sampler) -> tuple[Any, Any] | None:
        """The sampler that the runner is to use, and no rejection sampler. A model's own sampler stays."""
        own: tuple[Any, Any] | None = super().custom_sampler(sampler)  # type: ignore[misc]
        if own is not None or type(sampler) is not Sampler:
            return own
        device = sampler.req_states.device
        compile_kernel(sampler.req_states.vocab_size, device)
        return KernelSampler(sampler, takes_ranks=device.type == "cpu"), None


def sampling_state_class(original: ResolveStateClass) -> ResolveStateClass:
    """``resolve_model_state_cls`` that mixes our sampler into what vLLM chose, where it is asked for."""

    def resolve_model_state_cls(vllm_config: VllmConfig, model: nn.Module) -> type[ModelState]:
        chosen = original(vllm_config, model)
        if not wants_sampler(vllm_config):
            return chosen
        return type(f"Sampling{chosen.__name__}", (SamplingState, chosen), {})

    return resolve_model_state_cls
