"""The lock on an engine's route, which is reachable by whoever reaches the gateway."""

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

_REFUSAL = (
    b'{"error":{"message":"this route is internal","type":"authentication_error","code":"invalid_api_key"}}'
)


class RequireKey:
    """ASGI middleware: answers 401 to every request that does not bear the key, whatever its path.

    vLLM's own key check covers what begins with ``/v1`` and leaves ``/tokenize``, ``/invocations``,
    ``/metrics`` and more to everybody. ``key`` must not be empty.
    """

    def __init__(self, app: ASGIApp, *, key: str) -> None:
        if not key:
            raise ValueError("an engine's key must not be empty")
        self._app = app
        self._expected = b"Bearer " + key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands on what bears the key, and the app's own start and end."""
        if scope["type"] == "lifespan" or self._is_allowed(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSAL})

    def _is_allowed(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return hmac.compare_digest(given, self._expected)
