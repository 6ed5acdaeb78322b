"""The paths that engines answer: each request makes its trip."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.error_answers import error_answer
from gateway.openai import requests as wire
from gateway.record import STATE_KEY
from gateway.trip import Trip
from routing.errors import DragomanError, InvalidRequest
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


def trips() -> dict[str, Trip]:
    """``POST /v1/...`` for each endpoint that engines have, by path."""
    return {f"/v1/{endpoint}": Trip(endpoint, kind) for endpoint, kind in KINDS.items()}


class StraightToTrips:
    """ASGI middleware: hands a request that an engine answers to its trip, past the framework's router.

    What lies between does nothing for it, and took 5% of a request's time. The same paths are routes of the framework
    too, which refuses other methods.
    """

    def __init__(self, app: ASGIApp, trips: Mapping[str, Trip]) -> None:
        self._app = app
        self._trips = trips

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        trip = (
            self._trips.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        )
        if trip is None:
            await self._app(scope, receive, send)
            return
        try:
            await trip(scope, receive, send)
        except DragomanError as error:
            await error_answer(scope[STATE_KEY], error)(scope, receive, send)


def endpoint_of(body: dict[str, Any]) -> Endpoint:
    """The endpoint that a body is meant for, by the field that it has. Raises `InvalidRequest` where none shows."""
    for field, endpoint in _ENDPOINT_OF_FIELD.items():
        if field in body:
            return endpoint
    raise InvalidRequest("messages: needed, or `prompt` or `input`.", param="messages")
