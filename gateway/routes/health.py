"""Whether the gateway lives, whether it can serve, and its metrics. No key: these say nothing of any request."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from gateway.gateway import Gateway


def health_routes() -> APIRouter:
    """``/health``, ``/ready`` and ``/metrics``."""
    router = APIRouter()
    router.add_api_route("/health", _health, summary="200 while the process lives.")
    router.add_api_route("/ready", _ready, summary="200 while an engine answers, else 503.")
    router.add_api_route("/metrics", _metrics, summary="Metrics in Prometheus' text form.")
    return router


async def _health() -> Response:
    return JSONResponse({"status": "alive"})


async def _ready(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    if await gateway.in_force.pool.is_ready():
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "no engine answers"}, status_code=503)


async def _metrics(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    return Response(gateway.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
