"""Hooks into the core of an engine, which every request passes whoever sent it.

Here it is enforced that steered and unsteered requests never share cached blocks, and that a request whose profile
is not loaded is turned away before any work.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from vllm.logger import init_logger
from vllm.v1.engine import EngineCoreRequest
from vllm.v1.request import Request

from gateway.vllm.steering.canary import check_canary
from gateway.vllm.steering.config import steering_config
from gateway.vllm.steering.worker import LOAD, RETIRE, STATUS, SteeringStatus
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel
from routing.steering.profile_file import parse_profile
from routing.steering.request import PROFILE_ARGUMENT, Steering, parse_steering

logger = init_logger(__name__)


def steered_salt(steering: Steering, client_salt: str | None) -> str:
    """The cache salt of a steered request: another for every content, strength and salt of the client's own.

    vLLM hashes a request's salt into its first block, and each block into the next, so nothing of the request's
    cache is found by a request with another salt or none.
    """
    told = json.dumps([steering.profile, steering.strength, client_salt])
    return "dragoman-" + hashlib.sha256(told.encode()).hexdigest()


def salted_from_request(original: Callable[..., Request]) -> Callable[..., Request]:
    """``Request.from_engine_core_request`` that salts steered requests. Others keep what salt they have."""

    def from_engine_core_request(
        _cls: type[Request], request: EngineCoreRequest, block_hasher: Callable[..., Any] | None
    ) -> Request:
        steering = _steering_of(request)
        if steering is not None:
            request.cache_salt = steered_salt(steering, request.cache_salt)
        return original(request, block_hasher)

    return from_engine_core_request


def _steering_of(request: EngineCoreRequest | Request) -> Steering | None:
    params = request.sampling_params
    return None if params is None else parse_steering(params.extra_args)


def proven_core(original: Callable[..., None]) -> Callable[..., None]:
    """``EngineCore.__init__`` that ends only once every rank has shown that it steers, and all hold the same."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        original(self, *args, **kwargs)
        self.dragoman_profiles = set()
        if steering_config(self.vllm_config) is not None:
            self.dragoman_profiles = _prove(self)

    return __init__


def _prove(core: Any) -> set[str]:
    statuses = [SteeringStatus(**status) for status in core.collective_rpc(STATUS)]
    if len({status.table_hash for status in statuses}) > 1:
        raise ConfigError(
            "router steering: the workers hold different profiles; is the folder the same everywhere?"
        )
    model = RoutedModel(**statuses[0].model)
    check_canary(core, model)
    logger.info(
        "Router steering is live: model runner %s, %d layers, %d profiles, %d workers",
        statuses[0].runner_kind,
        len(model.routed_layers),
        len(statuses[0].profiles),
        len(statuses),
    )
    return set(statuses[0].profiles)


def guarded_add_request(original: Callable[..., None]) -> Callable[..., None]:
    """``EngineCore.add_request`` that turns away a request whose profile is not loaded.

    The front end has refused it already with a message; this is for one that was on its way while the profile was
    retired, and for whoever goes past the front end. It runs in the core's one thread, as `guarded_rpc` does.
    """

    def add_request(self: Any, request: Request, request_wave: int = 0) -> None:
        steering = _steering_of(request)
        if steering is None or steering.profile in self.dragoman_profiles:
            original(self, request, request_wave)
        elif hasattr(self, "_send_error_outputs_to_client"):
            logger.warning("Refused request %s: its profile is not loaded", request.request_id)
            self._send_error_outputs_to_client([request.request_id], request.client_index)
        else:
            raise ConfigError(f"{PROFILE_ARGUMENT} {steering.profile} is not loaded")

    return add_request


def guarded_rpc(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """``EngineCore.collective_rpc`` that keeps the list of profiles, and retires none that a request still has.

    `RETIRE` gives how many requests have the profile, waiting ones among them; at 0 it is retired.
    """

    def collective_rpc(
        self: Any,
        method: Any,
        timeout: float | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> list[Any]:
        if method == RETIRE:
            in_use = _requests_with(self, args[0])
            if in_use:
                return [in_use]
        result = original(self, method, timeout, args, kwargs)
        if method == RETIRE:
            self.dragoman_profiles.discard(args[0])
            return [0]
        if method == LOAD:
            self.dragoman_profiles.add(parse_profile(args[0], "the profile").reference)
        return result

    return collective_rpc


def _requests_with(core: Any, reference: str) -> int:
    steerings = (_steering_of(request) for request in core.scheduler.requests.values())
    return sum(steering is not None and steering.profile == reference for steering in steerings)
