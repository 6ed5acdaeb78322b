"""The OpenAPI document: the wire as this gateway takes and gives it, made from the models that check it."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.openapi_answers import ANSWERS, HEADERS, TOLD_HEADERS
from gateway.routes.dragoman import DetectRequest
from gateway.routes.generations import KINDS
from gateway.version import VERSION

_Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_ACCEPT_LANGUAGE: _Json = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Decides where a text alone leaves its language open.",
    "schema": {"type": "string"},
}
_MODEL_PATH: _Json = {
    "name": "model",
    "in": "path",
    "required": True,
    "description": "May hold slashes.",
    "schema": {"type": "string"},
}


def openapi_document() -> _Json:
    """OpenAPI 3.1. The same for every gateway of a version; costs 40 ms of CPU, so it is made once, when asked for."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dragoman", "version": VERSION, "license": {"name": "Apache-2.0"}},
        "paths": _paths(),
        "components": {
            "schemas": {**_request_schemas([*KINDS.values(), DetectRequest]), **ANSWERS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _request_schemas(models: Iterable[type[BaseModel]]) -> _Json:
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    definitions: _Json = schemas["$defs"]
    return definitions


def _paths() -> _Json:
    generated = {
        f"/v1/{endpoint}": {"post": _generation(endpoint, kind.__name__)} for endpoint, kind in KINDS.items()
    }
    return {
        **generated,
        "/v1/models": {"get": _operation("The models that the key may use.", _json(_ref("Models")))},
        "/v1/models/{model}": {
            "get": {**_operation("One model.", _json(_ref("Model"))), "parameters": [_MODEL_PATH]}
        },
        "/v1/dragoman/detect": {
            "post": {
                **_operation("The language of a text.", _json(_ref("Detection"))),
                **_takes(_ref("DetectRequest")),
            }
        },
        "/v1/dragoman/explain": {"post": _explain()},
        "/v1/dragoman/policy": {
            "get": _operation("The policy in force, without secrets.", _json({"type": "object"}))
        },
        **_open_paths(),
    }


def _generation(endpoint: str, request: str) -> _Json:
    answer = _json({"type": "object"})
    if endpoint != "embeddings":
        answer["text/event-stream"] = {}
    operation = _operation(f"An engine's `{endpoint}`, in the user's language.", answer, TOLD_HEADERS)
    return {**operation, **_takes(_ref(request))}


def _explain() -> _Json:
    requests = [_ref(kind.__name__) for endpoint, kind in KINDS.items() if endpoint != "embeddings"]
    operation = _operation("What would be done with a request, without doing it.", _json(_ref("Explanation")))
    return {**operation, **_takes({"anyOf": requests})}


def _open_paths() -> _Json:
    """What needs no key, since it says nothing of any request."""
    ready = _open("200 while an engine answers.", _json(_ref("Status")))
    ready["responses"]["503"] = _response("No engine answers.", _json(_ref("Status")))
    metrics = _open("Metrics in Prometheus' text form.", {"text/plain": {"schema": {"type": "string"}}})
    return {
        "/health": {"get": _open("200 while the process lives.", _json(_ref("Status")))},
        "/ready": {"get": ready},
        "/metrics": {"get": metrics},
        "/openapi.json": {"get": _open("This document.", _json({"type": "object"}))},
    }


def _open(summary: str, content: _Json) -> _Json:
    return {**_operation(summary, content), "security": []}


def _operation(summary: str, content: _Json, headers: _Json | None = None) -> _Json:
    return {
        "summary": summary,
        "responses": {
            "200": _response("Done.", content, headers),
            "default": _response("An error in OpenAI's form.", _json(_ref("Error"))),
        },
    }


def _response(description: str, content: _Json, headers: _Json | None = None) -> _Json:
    return {"description": description, "headers": {**HEADERS, **(headers or {})}, "content": content}


def _takes(schema: _Json) -> _Json:
    return {
        "parameters": [_ACCEPT_LANGUAGE],
        "requestBody": {"required": True, "content": _json(schema)},
    }


def _json(schema: _Json) -> _Json:
    return {"application/json": {"schema": schema}}


def _ref(model: str) -> _Json:
    return {"$ref": _REF.format(model=model)}
