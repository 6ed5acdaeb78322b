"""Requests come to the gateway's app past Ray Serve's own layers, which cost a quarter of what a request costs.

Serve wraps each request in two tasks, a queue, two request ids, the search for its route and figures of its own, all
of which the gateway has or does without. docs/decisions/0014-past-serves-layers.md has the measurements.
"""

import logging
from typing import Protocol, cast

import ray
from ray import serve
from ray.serve._private.common import RequestMetadata, RequestProtocol
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.one_write import in_one_write

SERVES_VARIABLE = "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH"
"""Where Serve learns of middlewares to put around its layers, as it starts. For the gateway's replicas alone."""

MIDDLEWARES_PATH = "gateway.ray_serve.past_serve.middlewares"
"""What the variable says there."""

_KNOWN_RAY = "2.60.0"
_SERVES_PATHS = "/-/"  # what HAProxy asks each replica: whether it is well
_ANY_REQUEST = RequestMetadata("", "", is_direct_ingress=True, _request_protocol=RequestProtocol.HTTP)


class _Ongoing(Protocol):
    """Serve's count of the requests that a replica works on, by which it scales, and waits before it ends one."""

    def inc_num_ongoing_requests(self, request_metadata: RequestMetadata) -> None: ...

    def dec_num_ongoing_requests(self, request_metadata: RequestMetadata) -> None: ...


class GatewayHolder(Protocol):
    """A replica's object, as Serve holds it."""

    @property
    def gateway_app(self) -> ASGIApp:
        """The app without what the way through Serve asks of it."""


class PastServe:
    """ASGI middleware around Serve's layers: hands requests to the gateway's app, and the rest to Serve.

    The app then has the client's own ``receive`` and ``send``, as under uvicorn. Serve goes on counting which requests
    are being worked on; it has no other figures of them, and its limits on queues and times do not hold for them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._serve = app
        self._ongoing = _ongoing_behind(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or scope["path"].startswith(_SERVES_PATHS):
            await self._serve(scope, receive, send)
            return
        in_one_write(send)
        self._ongoing.inc_num_ongoing_requests(_ANY_REQUEST)
        try:
            await _gateway_app()(scope, receive, send)
        finally:
            self._ongoing.dec_num_ongoing_requests(_ANY_REQUEST)


def middlewares() -> list[Middleware]:
    """Called by Serve in each replica of the gateway, as it starts to listen.

    None for a release of Ray whose insides we do not know: requests then go the long way, and the log says so.
    """
    if ray.__version__ != _KNOWN_RAY:
        logging.getLogger("dragoman").warning(
            "Ray is %s, not %s: requests take Ray Serve's own way, which is slower",
            ray.__version__,
            _KNOWN_RAY,
        )
        return []
    return [Middleware(PastServe)]


def _gateway_app() -> ASGIApp:
    # Serve makes its object known only after it has begun to listen, so this cannot be asked once and for all.
    return cast("GatewayHolder", serve.get_replica_context().servable_object).gateway_app


def _ongoing_behind(app: ASGIApp) -> _Ongoing:
    # Serve's RequestIdMiddleware, which is always the innermost, and in it a method of the replica.
    replica = vars(app)["_app"].__self__
    return cast("_Ongoing", replica._metrics_manager)
