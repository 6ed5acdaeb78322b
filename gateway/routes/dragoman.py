"""The gateway's own paths: which language a text is in, what would be done with a request, the policy in force."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from gateway.explain import detection_view, explanation
from gateway.gateway import Gateway
from gateway.keys import Key
from gateway.ledger import Ledger
from gateway.openai.parse import parse_request
from gateway.record import STATE_KEY, Record
from gateway.request_headers import request_headers
from gateway.routes.generations import KINDS, endpoint_of
from gateway.trip import admit, identify, plan, receive_body
from routing.detection.conversation import detect_conversation
from routing.language import Conversation
from routing.policy_file import public_view


class DetectRequest(BaseModel):
    """``POST /v1/dragoman/detect``: a text, and what else is known of its language."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: str
    earlier: list[str] = []
    language: str | None = None


def dragoman_routes() -> APIRouter:
    """``/v1/dragoman/...``; each wants a key."""
    router = APIRouter(prefix="/v1/dragoman")
    router.add_api_route("/detect", _detect, methods=["POST"], summary="The language of a text.")
    router.add_api_route(
        "/explain", _explain, methods=["POST"], summary="What would be done with a request, without doing it."
    )
    router.add_api_route("/policy", _policy, summary="The policy in force, without secrets.")
    return router


async def _detect(request: Request) -> dict[str, Any]:
    async with _received(request) as (gateway, _, body):
        asked = parse_request(DetectRequest, body)
        conversation = Conversation(
            asked.text, tuple(asked.earlier), "", asked.language, request.headers.get("accept-language")
        )
        return detection_view(detect_conversation(gateway.detector, conversation))


async def _explain(request: Request) -> dict[str, Any]:
    async with _received(request) as (gateway, key, body):
        endpoint = endpoint_of(body)
        admitted = admit(gateway.settings.limits, key, body, endpoint, KINDS[endpoint])
        accepted = request.headers.get("accept-language")
        made = plan(gateway.detector, gateway.in_force.policy, admitted, accepted)
        return explanation(made, Ledger())


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[tuple[Gateway, Key, dict[str, Any]]]:
    """The request's key and JSON; it counts against the key's limits as any other."""
    gateway: Gateway = request.app.state.gateway
    record: Record = request.scope[STATE_KEY]
    headers = request_headers(request.scope)
    key = identify(gateway, record, headers)
    with gateway.keys.use(key):
        yield gateway, key, await receive_body(gateway, record, headers, request.receive)


async def _policy(request: Request) -> dict[str, Any]:
    gateway: Gateway = request.app.state.gateway
    gateway.keys.authenticate(request.headers.get("authorization"))
    return public_view(gateway.in_force.policy)
