"""The paths that engines answer: each request makes its trip."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from gateway.openai import requests as wire
from gateway.trip import Trip
from routing.errors import InvalidRequest
from routing.generation import Endpoint

KINDS: dict[Endpoint, type[wire.Request]] = {
    "chat/completions": wire.ChatRequest,
    "completions": wire.CompletionRequest,
    "responses": wire.ResponseRequest,
    "embeddings": wire.EmbeddingRequest,
}


_ENDPOINT_OF_FIELD: dict[str, Endpoint] = {
    "messages": "chat/completions",
    "prompt": "completions",
    "input": "responses",
}


def generation_routes() -> APIRouter:
    """``POST /v1/...`` for each endpoint that engines have."""
    router = APIRouter(route_class=_CalledDirectly)
    for endpoint, kind in KINDS.items():
        router.add_api_route(
            f"/v1/{endpoint}",
            _handler(endpoint, kind),
            methods=["POST"],
            summary=(kind.__doc__ or "").strip(),
        )
    return router


class _CalledDirectly(APIRoute):
    """In FastAPI's document like any route, but FastAPI is not there when it is called.

    It would open exit stacks and solve dependencies, of which there are none, for 35 µs of a 300 µs trip.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the router for the path, whatever the method."""
        if scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        response: Response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


def _handler(endpoint: Endpoint, kind: type[wire.Request]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return Trip(request.app.state.gateway, endpoint, kind)

    return answer


def endpoint_of(body: dict[str, Any]) -> Endpoint:
    """The endpoint that a body is meant for, by the field that it has. Raises `InvalidRequest` where none shows."""
    for field, endpoint in _ENDPOINT_OF_FIELD.items():
        if field in body:
            return endpoint
    raise InvalidRequest("messages: needed, or `prompt` or `input`.", param="messages")
