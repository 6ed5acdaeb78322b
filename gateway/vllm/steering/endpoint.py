"""The routes of an engine that steers: what is loaded, and, for an administrator, loading and retiring.

The entry point ``vllm.endpoint_plugins``; vLLM takes it only where ``VLLM_PLUGINS`` names it. The routes lie below
``/v1``, where vLLM's own API key is asked for if it has one. Steering can undo what a model was taught to refuse
(arXiv 2509.09660), so what changes the profiles also wants a key of its own, and is closed where none is set.
"""

import hmac
import os
from argparse import Namespace
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, HTTPException, Request
from prometheus_client import REGISTRY
from starlette.datastructures import State
from vllm.engine.protocol import EngineClient

from gateway.vllm.steering.control import Control, NoRoom, StillInUse
from gateway.vllm.steering.follow_folder import FollowFolder
from gateway.vllm.steering.metrics import RefreshBeforeScrape, SteeringCollector
from routing.errors import ConfigError
from routing.steering.profile_file import MAX_BYTES

KEY_VARIABLE = "DRAGOMAN_STEERING_KEY"
"""Environment variable with the administrator's key; none set closes what it guards."""

_KEY_HEADER = "X-Dragoman-Steering-Key"


class SteeringEndpoint:
    """vLLM's `EndpointPlugin`."""

    name = "dragoman_steering"
    required_tasks = ("generate",)

    def attach_router(self, app: FastAPI) -> None:
        """Adds the routes, what follows the folder, and what brings the counts up to date for ``/metrics``."""
        app.include_router(_router())
        app.add_middleware(RefreshBeforeScrape, state=app.state)
        app.add_middleware(FollowFolder, state=app.state)

    async def init_state(self, engine_client: EngineClient | None, state: State, args: Namespace) -> None:  # noqa: ARG002
        """Called once the engine is ready."""
        if engine_client is None:
            return
        control = Control(engine_client)
        state.dragoman_steering = control
        state.dragoman_steering_key = os.environ.get(KEY_VARIABLE, "")
        if control.admission.is_active:
            REGISTRY.register(SteeringCollector(control))


def _router() -> APIRouter:
    router = APIRouter(prefix="/v1/dragoman", tags=["dragoman"])
    router.add_api_route("/steering", _show, methods=["GET"])
    router.add_api_route("/profiles", _load, methods=["POST"], status_code=201)
    router.add_api_route("/profiles/{reference}", _retire, methods=["DELETE"], status_code=204)
    return router


async def _show(request: Request) -> dict[str, Any]:
    """Whether the engine steers, with what, and how many tokens so far; 503 where it does not, or not alike everywhere.

    An engine whose canary shows that steering does not act never comes to answer this.
    """
    try:
        statuses = await _control(request).statuses()
    except ConfigError as error:
        raise HTTPException(503, error.message) from None
    if len({status.table_hash for status in statuses}) > 1:
        raise HTTPException(503, "the engine's workers hold different profiles")
    not_taken = _control(request).not_taken
    return {**asdict(statuses[0]), "workers": len(statuses), "not_taken": dict(not_taken)}


async def _load(request: Request, key: Annotated[str, Header(alias=_KEY_HEADER)] = "") -> dict[str, str]:
    """Loads the profile in the body, a safetensors file, beside those that are there."""
    _require_key(request, key)
    content = await _bounded_body(request)
    try:
        return {"profile": await _control(request).load(content)}
    except NoRoom as error:
        raise HTTPException(409, error.message) from None
    except ConfigError as error:
        raise HTTPException(400, error.message) from None


async def _retire(
    request: Request, reference: str, key: Annotated[str, Header(alias=_KEY_HEADER)] = ""
) -> None:
    """Takes no new request for the profile, and frees it once none is left: 409 until then."""
    _require_key(request, key)
    try:
        await _control(request).retire(reference)
    except KeyError:
        raise HTTPException(404, f"no profile {reference} is loaded") from None
    except StillInUse as error:
        raise HTTPException(409, error.message) from None


def _control(request: Request) -> Control:
    control: Control = request.app.state.dragoman_steering
    return control


def _require_key(request: Request, key: str) -> None:
    expected: str = request.app.state.dragoman_steering_key
    if not expected:
        raise HTTPException(403, f"profiles cannot be changed: the engine was started without {KEY_VARIABLE}")
    if not hmac.compare_digest(key.encode(), expected.encode()):
        raise HTTPException(401, f"{_KEY_HEADER} does not bear the administrator's key")


async def _bounded_body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise HTTPException(413, f"a profile is no longer than {MAX_BYTES} bytes")
    return bytes(content)
