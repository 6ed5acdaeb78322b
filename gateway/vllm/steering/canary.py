"""The proof, before an engine serves, that steering acts: real requests through the very engine that will answer.

Binding a layer shows that the hook could act. That it does can be lost without an error: to a compiled model from a
cache that was filled without the plugin, to a kernel that takes the logits another way. So each layer in turn is
steered as far as can be, once to its even experts and once to its odd ones: no expert is chosen in both, and the
outcomes must differ. A prompt of one token runs as decoding does, a longer one as prompts do; CUDA has graphs of
its own for each.
"""

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vllm.sampling_params import SamplingParams
from vllm.v1.engine import EngineCoreOutput, EngineCoreRequest
from vllm.v1.engine.core import EngineCore

from gateway.vllm.steering.worker import LOAD, RETIRE
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin, Profile, make_profile
from routing.steering.profile_file import serialise_profile
from routing.steering.request import Steering

_Answer = NDArray[np.float32]
_PROMPT_LENGTHS = (1, 8)
_FIRST_TOKEN = 300  # past the special tokens and the single bytes of most vocabularies
_LOGPROBS = 5
# Far beyond any logit, and still exact in bfloat16 and finite in float16 with a logit added.
_FORCE = 1024.0
_NOISE_MARGIN = 10.0


def check_canary(core: EngineCore, model: RoutedModel) -> None:
    """Raises `ConfigError` where steering a layer changes no answer.

    Costs eight one-token requests a layer, one at a time. Nothing of it stays: neither profiles nor cached blocks.
    """
    requests = count()
    dead = [layer for layer in model.routed_layers if not _acts(core, model, layer, requests)]
    core.reset_prefix_cache()
    if dead:
        raise ConfigError(f"router steering changes nothing in layers {dead}: the engine does not start")


def _acts(core: EngineCore, model: RoutedModel, layer: int, requests: Iterator[int]) -> bool:
    even = _answers(core, _extreme(model, layer, 1.0), requests)
    odd = _answers(core, _extreme(model, layer, -1.0), requests)
    return all(
        _distance(one[0], other[0]) > _NOISE_MARGIN * _distance(*one)
        for one, other in zip(even, odd, strict=True)
    )


def _answers(core: EngineCore, profile: Profile, requests: Iterator[int]) -> list[tuple[_Answer, _Answer]]:
    """The answers to a prompt of each length, each given twice: their difference is the engine's own noise."""
    core.collective_rpc(LOAD, args=(serialise_profile(profile),))
    answers = [
        (_answer(core, length, profile, next(requests)), _answer(core, length, profile, next(requests)))
        for length in _PROMPT_LENGTHS
    ]
    core.collective_rpc(RETIRE, args=(profile.reference,))
    return answers


def _extreme(model: RoutedModel, layer: int, sign: float) -> Profile:
    weights = np.zeros((model.depth, model.experts), np.float32)
    weights[layer, 0::2], weights[layer, 1::2] = sign * _FORCE, -sign * _FORCE
    origin = Origin(
        model=model.model or "canary", model_revision=model.revision, config_hash=model.config_hash
    )
    return make_profile("canary", "additive", weights, origin)


def _answer(core: EngineCore, length: int, profile: Profile, number: int) -> _Answer:
    """Log-probabilities by token, as the likeliest tokens have them and 0 elsewhere."""
    vocabulary = core.vllm_config.model_config.get_vocab_size()
    # A vocabulary smaller than usual is gone round.
    prompt = [token % vocabulary for token in range(_FIRST_TOKEN, _FIRST_TOKEN + length)]
    request, wave = core.preprocess_add_request(_request(prompt, profile, number))
    core.add_request(request, wave)
    outputs = [output for output in _run(core) if output.request_id == request.request_id]
    logprobs = next((output.new_logprobs for output in outputs if output.new_logprobs is not None), None)
    if logprobs is None:
        raise ConfigError(f"the canary's request got no answer: {outputs}")
    if np.isnan(logprobs.logprobs).any():
        raise ConfigError("the canary's request got an answer that is not a number")
    likeliest = np.zeros(vocabulary, np.float32)
    likeliest[logprobs.logprob_token_ids[0]] = logprobs.logprobs[0]
    return likeliest


def _request(prompt: list[int], profile: Profile, number: int) -> EngineCoreRequest:
    params = SamplingParams(
        temperature=0.0,
        max_tokens=1,
        logprobs=_LOGPROBS,
        detokenize=False,
        extra_args=dict(Steering(profile.reference).arguments),
    )
    return EngineCoreRequest(
        request_id=f"dragoman-canary-{number}",
        prompt_token_ids=prompt,
        mm_features=None,
        sampling_params=params,
        pooling_params=None,
        arrival_time=time.time(),
        lora_request=None,
        cache_salt=f"canary-{number}",
        data_parallel_rank=None,
    )


def _run(core: EngineCore) -> Iterator[EngineCoreOutput]:
    # Until the workers, too, have heard that the request is done.
    while core.scheduler.has_requests() or core.batch_queue:
        step: tuple[dict[int, Any] | None, bool] = core.step_fn()
        for outputs in (step[0] or {}).values():
            yield from outputs.outputs


def _distance(one: _Answer, other: _Answer) -> float:
    return float(np.abs(one - other).max())
