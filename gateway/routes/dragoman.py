"""The gateway's own paths: which language a text is in, what would be done with a request, the policy in force."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from gateway.explain import detection_view, explanation
from gateway.gateway import Gateway
from gateway.ledger import Ledger
from gateway.openai.parse import parse_request
from gateway.routes.generations import KINDS
from gateway.trip import admit, plan, receive_body
from routing.detection.conversation import detect_conversation
from routing.errors import InvalidRequest
from routing.generation import Endpoint
from routing.language import Conversation
from routing.policy_file import public_view

_ENDPOINT_OF_FIELD: dict[str, Endpoint] = {
    "messages": "chat/completions",
    "prompt": "completions",
    "input": "responses",
}


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
    gateway: Gateway = request.app.state.gateway
    _, body = await receive_body(gateway, request)
    asked = parse_request(DetectRequest, body)
    conversation = Conversation(
        asked.text, tuple(asked.earlier), "", asked.language, request.headers.get("accept-language")
    )
    return detection_view(detect_conversation(gateway.detector, conversation))


async def _explain(request: Request) -> dict[str, Any]:
    gateway: Gateway = request.app.state.gateway
    in_force = gateway.in_force
    key, body = await receive_body(gateway, request)
    endpoint = _endpoint_of(body)
    admitted = admit(gateway, key, body, endpoint, KINDS[endpoint])
    made = plan(gateway, in_force, admitted, request.headers.get("accept-language"))
    return explanation(made, Ledger())


async def _policy(request: Request) -> dict[str, Any]:
    gateway: Gateway = request.app.state.gateway
    gateway.keys.authenticate(request.headers.get("authorization"))
    return public_view(gateway.in_force.policy)


def _endpoint_of(body: dict[str, Any]) -> Endpoint:
    for field, endpoint in _ENDPOINT_OF_FIELD.items():
        if field in body:
            return endpoint
    raise InvalidRequest("messages: needed, or `prompt` or `input`.", param="messages")
