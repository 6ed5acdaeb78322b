"""The gateway as an ASGI app: the same under uvicorn and in a Ray Serve replica."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.admission import Admission
from gateway.disconnect import CancelOnDisconnect
from gateway.engines.connections import Connections
from gateway.engines.pool import EnginePool, check_engine_keys
from gateway.gateway import Gateway, InForce
from gateway.keys import Keys, load_keys
from gateway.loop_lag import LoopLag
from gateway.metrics import Metrics
from gateway.observe import Observe
from gateway.openapi import openapi_document
from gateway.record import STATE_KEY
from gateway.routes.dragoman import dragoman_routes
from gateway.routes.generations import generation_routes
from gateway.routes.health import health_routes
from gateway.routes.models import model_routes
from gateway.settings import Settings
from gateway.shed_load import ShedLoad
from gateway.sse import error_body
from gateway.tracing import open_tracing
from routing.errors import DragomanError, InvalidRequest, Overloaded
from routing.language import Detector
from routing.policy import Policy


def build_app(settings: Settings, policy: Policy, detector: Detector) -> FastAPI:
    """The app. What needs an event loop is made in its lifespan; ``app.state.gateway`` holds it from then on.

    Raises `ConfigError` where the key file or an engine cannot be used.
    """
    metrics, lag = Metrics(), LoopLag()
    keys = load_keys(settings.keys_path, settings.api_key)
    check_engine_keys(policy.engines)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.gateway = gateway = _open_gateway(settings, policy, detector, keys, metrics)
        lag.start()
        try:
            yield
        finally:
            lag.stop()
            gateway.connections.close()
            await asyncio.to_thread(gateway.tracing.close)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)
    app.openapi = openapi_document  # type: ignore[method-assign]  # FastAPI's own cannot see what handlers read
    app.add_middleware(CancelOnDisconnect)
    app.add_middleware(Observe, metrics=metrics, writes_access_log=settings.access_log)
    app.add_middleware(ShedLoad, lag=lag, metrics=metrics)
    app.add_exception_handler(DragomanError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)
    for router in (generation_routes(), model_routes(), dragoman_routes(), health_routes()):
        app.include_router(router)
    return app


def _open_gateway(
    settings: Settings, policy: Policy, detector: Detector, keys: Keys, metrics: Metrics
) -> Gateway:
    connections = Connections()
    return Gateway(
        settings=settings,
        detector=detector,
        keys=keys,
        metrics=metrics,
        admission=Admission(settings.queue),
        tracing=open_tracing(settings.otlp_endpoint),
        connections=connections,
        in_force=InForce(policy, EnginePool(policy.engines, settings, connections)),
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DragomanError)
    request.scope[STATE_KEY].error_code = error.code
    if error.status >= 500:
        logging.getLogger("dragoman").warning(
            "request %s: %s", request.scope[STATE_KEY].request_id, error.message
        )
    headers = {"retry-after": str(ceil(error.retry_after_s))} if isinstance(error, Overloaded) else None
    return JSONResponse(error_body(error), status_code=error.status, headers=headers)


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    """No such path, or not with this method: what the framework itself refuses, in OpenAI's form."""
    assert isinstance(error, HTTPException)
    refused = InvalidRequest(f"{request.method} {request.url.path[:200]}: {error.detail}.")
    refused.status = error.status_code
    refused.code = "not_found" if error.status_code == 404 else "method_not_allowed"
    response = await _answer_error(request, refused)
    response.headers.update(error.headers or {})  # a 405 must say in Allow which methods there are
    return response
