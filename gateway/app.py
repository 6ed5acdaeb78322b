"""The gateway as an ASGI app: the same under uvicorn and in a Ray Serve replica."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from gateway.admission import Admission
from gateway.disconnect import CancelOnDisconnect
from gateway.engines.connections import Connections
from gateway.engines.pool import EnginePool, check_engine_keys
from gateway.error_answers import answer_error, answer_http_exception
from gateway.gateway import Gateway, InForce
from gateway.keys import Keys, check_secret, load_keys
from gateway.loop_lag import LoopLag
from gateway.metrics import Metrics
from gateway.observe import Observe
from gateway.openapi import openapi_document
from gateway.routes.dragoman import dragoman_routes
from gateway.routes.generations import StraightToTrips, trips
from gateway.routes.health import health_routes
from gateway.routes.models import model_routes
from gateway.settings import Settings
from gateway.shed_load import ShedLoad
from gateway.tracing import open_tracing
from routing.errors import DragomanError
from routing.language import Detector
from routing.policy import Policy


def build_app(settings: Settings, policy: Policy, detector: Detector) -> FastAPI:
    """The app. What needs an event loop is made in its lifespan; ``app.state.gateway`` holds it from then on.

    Raises `ConfigError` where the key file or an engine cannot be used.
    """
    metrics, lag = Metrics(), LoopLag()
    keys = load_keys(settings.keys_path, settings.api_key)
    check_secret("DRAGOMAN_ENGINE_KEY", settings.engine_key)
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

    # A redirect for a slash too many would name the host that the client named, and http: behind TLS, prompts would
    # travel in the clear.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.openapi = cache(openapi_document)  # type: ignore[method-assign]  # FastAPI's own cannot see what handlers read
    straight = trips()
    for path, trip in straight.items():
        app.add_route(path, trip, methods=["POST"])  # type: ignore[arg-type]  # an ASGI app, which it takes too
    app.add_middleware(StraightToTrips, trips=straight)
    app.add_middleware(CancelOnDisconnect)
    app.add_middleware(Observe, metrics=metrics, writes_access_log=settings.access_log)
    app.add_middleware(ShedLoad, lag=lag, metrics=metrics)
    app.add_exception_handler(DragomanError, answer_error)
    app.add_exception_handler(HTTPException, answer_http_exception)
    for router in (model_routes(), dragoman_routes(), health_routes()):
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
