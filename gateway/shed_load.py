"""A gateway that is starved of CPU refuses at the door what it could not answer in time."""

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.loop_lag import LoopLag
from gateway.metrics import Metrics
from gateway.sse import error_body
from routing.errors import Overloaded

CODE = "gateway_overloaded"
_MANY = 64  # fewer than these keep no loop busy: whatever is late then, it is not for too many requests
_RETRY_AFTER_S = 5


class ShedLoad:
    """ASGI middleware, the outermost: answers 429 below ``/v1`` while the event loop is late with many requests.

    A refusal must cost a small part of a trip, or refusals alone keep the loop late. So nothing is read, no key is
    checked and no line is logged; ``dragoman_refused_total`` counts it under `CODE`. Probes are answered as ever.
    """

    def __init__(self, app: ASGIApp, lag: LoopLag, metrics: Metrics) -> None:
        self._app = app
        self._lag = lag
        self._refusals = metrics.refused.labels(CODE)
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
        elif self._inside >= _MANY and self._lag.is_late:
            await self._refuse(send)
        else:
            self._inside += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._inside -= 1

    async def _refuse(self, send: Send) -> None:
        self._refusals.inc()
        await send({"type": "http.response.start", "status": Overloaded.status, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})


def _body() -> bytes:
    error = Overloaded("The gateway has more to do than its CPU can. Try again in a moment.")
    error.code = CODE
    return orjson.dumps(error_body(error))


_BODY = _body()
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
    (b"retry-after", str(_RETRY_AFTER_S).encode()),
]
