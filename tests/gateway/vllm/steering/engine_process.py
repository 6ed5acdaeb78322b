"""Real vLLM engines in a process of their own: importing vLLM changes its process for good (threads, warnings).

What is called here runs in that process, one call after another; arguments and results are plain values.
"""

import os
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "TQDM_DISABLE": "1",
    # One thread for models so small: several wait for each other longer than they work, most of all on a busy machine
    # (eight requests took 50 s there with two threads, and 2 s with one).
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    # DeepSeek's attention as any other's: compressed, vLLM has it on the CPU in half precision only.
    "VLLM_MLA_DISABLE": "1",
    # vLLM compiles some small functions of its own even for an engine that is to compile nothing.
    "TORCHDYNAMO_DISABLE": "1",
}


@dataclass(frozen=True)
class EngineSpec:
    """An engine to start: the model's folder and vLLM's arguments beyond the usual ones.

    custom_ops, cuda_graphs: what vLLM's compilation configuration says of its own kernels and of graphs.
    """

    folder: Path
    options: tuple[tuple[str, Any], ...] = ()
    custom_ops: tuple[str, ...] = ()
    cuda_graphs: str | None = None
    is_steered: bool = True
    profiles: Path | None = None
    has_sampler: bool = False
    hedges: bool = False


@dataclass(frozen=True)
class Ask:
    """One request. arguments: its ``vllm_xargs``. options: more of vLLM's sampling parameters. adapter: its folder."""

    prompt: tuple[int, ...]
    arguments: Mapping[str, str | float | list[float]] = field(default_factory=dict)
    max_tokens: int = 6
    n: int = 1
    temperature: float = 0.0
    cache_salt: str | None = None
    wants_prompt_logprobs: bool = False
    logprobs: int | None = 5
    options: Mapping[str, Any] = field(default_factory=dict)
    adapter: Path | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, for each of n choices. cached_tokens: of the prompt, by the engine's own count."""

    tokens: tuple[tuple[int, ...], ...]
    logprobs: tuple[tuple[dict[int, float], ...], ...]
    prompt_logprobs: tuple[dict[int, float], ...]
    cached_tokens: int


@contextmanager
def start_process(environment: Mapping[str, str]) -> Iterator[ProcessPoolExecutor]:
    """A fresh process with these variables, for the functions below."""
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_prepare, initargs=(dict(environment),))
    # The new process is told where to import from; pytest finds the tests in another way.
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[4])
        pool.submit(os.getpid).result()
    try:
        yield pool
    finally:
        pool.submit(os._exit, 0)  # by itself it takes ten seconds to take itself apart
        pool.shutdown()


def _prepare(environment: dict[str, str]) -> None:
    os.environ.update({**QUIET, **environment})


@cache
def engine(spec: EngineSpec) -> Any:
    """The engine, kept as long as the process: one that ends takes vLLM's process groups from the others."""
    from vllm import LLM

    options: dict[str, Any] = {
        "skip_tokenizer_init": True,
        "enforce_eager": True,
        "max_model_len": 256,
        "max_num_seqs": 8,
        "dtype": "float32",
        "kv_cache_memory_bytes": 32 << 20,
        "block_size": 32,
        "disable_log_stats": True,
        "compilation_config": {"custom_ops": list(spec.custom_ops)}
        | ({"cudagraph_mode": spec.cuda_graphs} if spec.cuda_graphs else {}),
    }
    if spec.is_steered:
        folder = {"profiles": str(spec.profiles)} if spec.profiles else {}
        options["additional_config"] = {"dragoman_steering": folder}
    wishes = {"dragoman_sampler": spec.has_sampler, "dragoman_hedging": spec.hedges}
    if any(wishes.values()):
        options["additional_config"] = {**options.get("additional_config", {}), **wishes}
    return LLM(str(spec.folder), **{**options, **dict(spec.options)})


def ask(spec: EngineSpec, requests: list[Ask]) -> list[Answer]:
    """All requests at once, in one batch as far as the engine has room."""
    assert not engine(spec).llm_engine.has_unfinished_requests(), "an earlier call left a request behind"
    prompts = [_prompt(request) for request in requests]
    params = [_params(request) for request in requests]
    adapters = [_adapter(request) for request in requests] if any(each.adapter for each in requests) else None
    outputs = engine(spec).generate(prompts, params, lora_request=adapters, use_tqdm=False)
    return [_answer(output) for output in outputs]


def _adapter(request: Ask) -> Any:
    from vllm.lora.request import LoRARequest

    if request.adapter is None:
        return None
    return LoRARequest(request.adapter.name, zlib.crc32(bytes(request.adapter)), str(request.adapter))


def _prompt(request: Ask) -> dict[str, Any]:
    salt = {"cache_salt": request.cache_salt} if request.cache_salt else {}
    return {"prompt_token_ids": list(request.prompt), **salt}


def _params(request: Ask) -> Any:
    from vllm import SamplingParams

    return SamplingParams(
        n=request.n,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        logprobs=request.logprobs,
        prompt_logprobs=3 if request.wants_prompt_logprobs else None,
        detokenize=False,
        ignore_eos=True,
        extra_args=dict(request.arguments) or None,
        **request.options,
    )


def _answer(output: Any) -> Answer:
    return Answer(
        tokens=tuple(tuple(choice.token_ids) for choice in output.outputs),
        logprobs=tuple(tuple(map(_plain, choice.logprobs or [])) for choice in output.outputs),
        prompt_logprobs=tuple(map(_plain, (output.prompt_logprobs or [])[1:])),
        cached_tokens=output.num_cached_tokens or 0,
    )


def _plain(logprobs: Any) -> dict[int, float]:
    return {token: value.logprob for token, value in logprobs.items()}


def status(spec: EngineSpec) -> list[dict[str, Any]]:
    """`SteeringStatus` of every worker, as dicts."""
    answer: list[dict[str, Any]] = engine(spec).collective_rpc("dragoman_steering_status")
    return answer


def sampled_rows(spec: EngineSpec) -> dict[str, int]:
    """How many rows were drawn so far by each sampler."""
    counts: list[dict[str, int]] = engine(spec).collective_rpc("dragoman_sampled_rows")
    return counts[0]


def load(spec: EngineSpec, content: bytes, reference: str) -> None:
    """Loads a profile, and lets requests ask for it, as the admin's route does."""
    engine(spec).collective_rpc("dragoman_load_profile", args=(content,))
    engine(spec).llm_engine.input_processor.dragoman_admission.profiles.add(reference)


def retire(spec: EngineSpec, reference: str) -> int:
    """How many requests have the profile; at 0 it is retired. Requests may still ask, as some late ones would."""
    in_use: list[int] = engine(spec).collective_rpc("dragoman_retire_profile", args=(reference,))
    return in_use[0]


def retire_while_in_use(spec: EngineSpec, request: Ask, reference: str) -> tuple[int, int]:
    """What `retire` gives while a request waits that has the profile, and after it was aborted."""
    running = engine(spec).llm_engine
    running.add_request("waiting", _prompt(request), _params(request))
    while_waiting = retire(spec, reference)
    running.step()
    while_running = retire(spec, reference)
    assert while_running == while_waiting
    running.abort_request(["waiting"])
    running.step()
    return while_waiting, retire(spec, reference)


def answer_while_others_come_and_go(spec: EngineSpec, request: Ask, others: list[Ask]) -> Answer:
    """The answer to a request beside which others start at each step and are dropped three steps later."""
    running = engine(spec).llm_engine
    running.add_request("kept", _prompt(request), _params(request))
    done: list[Any] = []
    for step, other in enumerate(others * 3):
        if step < len(others):
            running.add_request(f"other-{step}", _prompt(other), _params(other))
        if step >= 3:
            running.abort_request([f"other-{step - 3}"])
        done += [output for output in running.step() if output.request_id == "kept" and output.finished]
    while running.has_unfinished_requests():
        done += [output for output in running.step() if output.request_id == "kept" and output.finished]
    return _answer(done[0])


def routing(spec: EngineSpec, request: Ask) -> dict[int, NDArray[np.float32]]:
    """By layer, the logits [prompt, experts] that experts are chosen by, of one prompt."""
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner

    def record(runner: Any) -> None:
        dispatch = runner._maybe_dispatch

        def recording(hidden: Any, logits: Any) -> Any:
            dispatched = dispatch(hidden, logits)
            seen.setdefault(runner.layer_id, dispatched[1].float().numpy().copy())
            return dispatched

        object.__setattr__(runner, "_maybe_dispatch", recording)

    seen: dict[int, NDArray[np.float32]] = {}
    model = engine(
        spec
    ).llm_engine.engine_core.engine_core.model_executor.driver_worker.worker.model_runner.model
    runners = [module for module in model.modules() if isinstance(module, MoERunner)]
    for runner in runners:
        record(runner)
    try:
        ask(spec, [request])
    finally:
        for runner in runners:
            object.__delattr__(runner, "_maybe_dispatch")
    return seen


def preemptions(spec: EngineSpec, requests: list[Ask]) -> tuple[list[Answer], int]:
    """The answers, and how often the scheduler took a request's memory away while they were made."""
    scheduler = engine(spec).llm_engine.engine_core.engine_core.scheduler
    original, times = scheduler._preempt_request, []

    def counting(*args: Any, **kwargs: Any) -> Any:
        times.append(1)
        return original(*args, **kwargs)

    scheduler._preempt_request = counting
    try:
        return ask(spec, requests), len(times)
    finally:
        del scheduler._preempt_request


def refusal(spec: EngineSpec, request: Ask | None = None) -> str:
    """Why the engine does not start or, given a request, does not take it. Raises `AssertionError` if it does."""
    try:
        engine(spec)
        if request is not None:
            ask(spec, [request])
    except Exception as error:  # whatever the kind: it came out of vLLM
        if request is not None:
            _forget_requests(spec)
        return f"{type(error).__name__}: {error}"
    raise AssertionError("it was taken")


def _forget_requests(spec: EngineSpec) -> None:
    # An engine in one process keeps waiting for a request whose core raised an error.
    running = engine(spec).llm_engine
    running.abort_request(list(running.output_processor.request_states), internal=True)
