"""The models that can be asked for."""

from typing import Any

from fastapi import APIRouter, Request

from gateway.gateway import Gateway
from gateway.keys import Key
from routing.errors import UnknownModel


def model_routes() -> APIRouter:
    """``GET /v1/models`` and ``GET /v1/models/{model}``; a key sees the models that it may use."""
    router = APIRouter()
    router.add_api_route("/v1/models", _list_models, summary="The models that the key may use.")
    router.add_api_route("/v1/models/{model:path}", _show_model, summary="One model.")
    return router


async def _list_models(request: Request) -> dict[str, Any]:
    return {"object": "list", "data": await _models(request)}


async def _show_model(request: Request, model: str) -> dict[str, Any]:
    for found in await _models(request):
        if found["id"] == model:
            return found
    raise UnknownModel(f"The model `{model[:200]}` does not exist.", param="model")


async def _models(request: Request) -> list[dict[str, Any]]:
    gateway: Gateway = request.app.state.gateway
    key: Key = gateway.keys.authenticate(request.headers.get("authorization"))
    return [model for model in await gateway.in_force.pool.models() if key.allows(str(model["id"]))]
