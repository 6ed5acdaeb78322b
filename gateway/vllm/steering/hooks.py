"""Where steering and our sampler reach into vLLM: every place, what must be there, and what is put in its place.

vLLM promises none of these, so `gateway.vllm.plugin` looks at each before it replaces any.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Hook:
    """One replaced function.

    owner: the class or module that has it. parameters: the names that it must have, or it is not what we know.
    wrap: makes the new function from the old one; None where it stays, and a subclass of ours has another.
    is_class_method: of a class, called with the class.
    """

    owner: Any
    name: str
    parameters: tuple[str, ...]
    wrap: Callable[[Any], Any] | None
    is_class_method: bool = False

    @property
    def problem(self) -> str | None:
        """What is not as expected; None where all is."""
        found = getattr(self.owner, self.name, None)
        if found is None:
            return f"{self.owner.__name__}.{self.name} does not exist"
        parameters = tuple(inspect.signature(found).parameters)
        if parameters != self.parameters:
            return f"{self.owner.__name__}.{self.name} takes {', '.join(parameters)}"
        return None

    def install(self) -> None:
        """Puts the new function in the old one's place."""
        if self.wrap is None:
            return
        wrapped = self.wrap(getattr(self.owner, self.name))
        setattr(self.owner, self.name, classmethod(wrapped) if self.is_class_method else wrapped)


def all_hooks() -> tuple[Hook, ...]:
    """Every hook but the one on the configuration. Imports most of vLLM; raises `ImportError` where it is another."""
    import vllm.triton_utils.dispatcher as kernel_dispatcher
    import vllm.v1.worker.gpu.model_states as v2_states
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner
    from vllm.v1.engine.async_llm import AsyncLLM
    from vllm.v1.engine.core import EngineCore
    from vllm.v1.engine.input_processor import InputProcessor
    from vllm.v1.engine.parallel_sampling import ParentRequest
    from vllm.v1.request import Request
    from vllm.v1.sample.sampler import Sampler
    from vllm.v1.worker.cpu_model_runner import CPUModelRunner
    from vllm.v1.worker.gpu.model_states.interface import ModelState
    from vllm.v1.worker.gpu.sample.sampler import Sampler as V2Sampler
    from vllm.v1.worker.gpu.sample.states import SamplingStates
    from vllm.v1.worker.gpu_model_runner import GPUModelRunner

    from gateway.vllm.sampling import hedging
    from gateway.vllm.sampling import v1_runner as sampling
    from gateway.vllm.sampling import v2_state as v2_sampling
    from gateway.vllm.steering import admission, engine_core, router_hook, v1_runner, v2_state
    from gateway.vllm.steering.kernel_rebinding import rebinding_beside_numba

    load_gpu = ("self", "load_dummy_weights", "model")
    core_init = ("self", "vllm_config", "executor_class", "log_stats", "executor_fail_callback")
    generate = (
        *(
            "self",
            "prompt",
            "sampling_params",
            "request_id",
            "prompt_text",
            "lora_request",
            "tokenization_kwargs",
        ),
        *("trace_headers", "priority", "data_parallel_rank", "session_id", "kv_hints", "reasoning_ended"),
        "reasoning_parser_kwargs",
    )
    v2_batch = (
        *("self", "logits", "expanded_idx_mapping", "idx_mapping", "idx_mapping_np", "pos", "input_ids"),
        *("expanded_local_pos", "seq_lens_upper_bound_np"),
    )
    core_rpc = ("self", "method", "timeout", "args", "kwargs")
    return (
        Hook(kernel_dispatcher, "_rebind_kernels", ("overrides",), rebinding_beside_numba),
        Hook(
            MoERunner,
            "_maybe_dispatch",
            ("self", "hidden_states", "router_logits"),
            router_hook.steered_dispatch,
        ),
        Hook(GPUModelRunner, "load_model", load_gpu, v1_runner.steered_load_model),
        Hook(CPUModelRunner, "load_model", load_gpu[:2], v1_runner.steered_load_model),
        Hook(GPUModelRunner, "load_model", load_gpu, sampling.load_model_with_sampler),
        Hook(CPUModelRunner, "load_model", load_gpu[:2], sampling.load_model_with_sampler),
        Hook(
            Sampler,
            "sample",
            ("self", "logits", "sampling_metadata", "logprobs_mode_override"),
            sampling.sample_with_kernel,
        ),
        Hook(
            Sampler,
            "forward",
            ("self", "logits", "sampling_metadata", "predict_bonus_token", "logprobs_mode_override"),
            sampling.forward_from_first_rows,
        ),
        Hook(
            GPUModelRunner,
            "_prepare_inputs",
            ("self", "scheduler_output", "num_scheduled_tokens"),
            v1_runner.steered_prepare_inputs,
        ),
        Hook(v2_states, "resolve_model_state_cls", ("vllm_config", "model"), v2_state.steered_state_class),
        Hook(
            v2_states, "resolve_model_state_cls", ("vllm_config", "model"), v2_sampling.sampling_state_class
        ),
        Hook(V2Sampler, "__call__", ("self", "logits", "input_batch"), None),
        Hook(V2Sampler, "add_request", ("self", "req_idx", "sampling_params"), None),
        Hook(V2Sampler, "sample", (*v2_batch, "return_logprobs"), None),
        Hook(V2Sampler, "apply_sampling_params", (*v2_batch, "skip_top_k_top_p"), None),
        Hook(SamplingStates, "add_request", ("self", "req_idx", "sampling_params"), None),
        Hook(ModelState, "custom_sampler", ("self", "sampler"), None),
        Hook(
            Request,
            "from_engine_core_request",
            ("request", "block_hasher"),
            engine_core.salted_from_request,
            is_class_method=True,
        ),
        Hook(EngineCore, "__init__", (*core_init, "include_finished_set"), engine_core.proven_core),
        Hook(EngineCore, "add_request", ("self", "request", "request_wave"), engine_core.guarded_add_request),
        Hook(EngineCore, "collective_rpc", core_rpc, engine_core.guarded_rpc),
        Hook(AsyncLLM, "generate", generate, admission.checking_generate),
        Hook(AsyncLLM, "generate", generate, hedging.hedging_generate),
        Hook(
            InputProcessor,
            "__init__",
            ("self", "vllm_config", "renderer", "mm_registry"),
            admission.admitting_init,
        ),
        Hook(
            InputProcessor,
            "_validate_params",
            ("self", "params", "supported_tasks"),
            admission.admitting_validate,
        ),
        Hook(
            InputProcessor,
            "_validate_params",
            ("self", "params", "supported_tasks"),
            hedging.hedging_validate,
        ),
        Hook(ParentRequest, "_get_child_sampling_params", ("self", "index"), hedging.hedged_child),
    )
