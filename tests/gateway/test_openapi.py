"""The OpenAPI document is valid, and says what the gateway does."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import schemathesis

from gateway.app import build_app
from gateway.openapi import openapi_document
from gateway.settings import Settings
from routing.language import Detector
from routing.policy import Policy
from tests.gateway.conftest import KEY, Running


def _validator(schema: str) -> jsonschema.Draft202012Validator:
    document = openapi_document()
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    )


def test_the_document_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(openapi_document()).validate()


def test_every_schema_is_valid_json_schema() -> None:
    for schema in openapi_document()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_document_is_made_once_however_often_strangers_ask_for_it(detector: Detector) -> None:
    app = build_app(Settings(api_key=KEY), Policy(engines={}), detector)
    assert app.openapi() is app.openapi()


async def test_every_path_of_the_gateway_is_described_and_no_other(running: Running) -> None:
    async with running.client.get("/openapi.json") as response:
        described = {
            (path, method) for path, item in (await response.json())["paths"].items() for method in item
        }
    for path, method in described:
        filled = path.replace("{model}", "tiny")
        async with running.client.request(method, filled, json={}) as response:
            assert response.status not in (404, 405), (method, path)
    assert described >= {("/v1/chat/completions", "post"), ("/v1/models/{model}", "get")}


@pytest.mark.parametrize(
    ("path", "body", "schema"),
    [
        ("/v1/dragoman/detect", {"text": "Где находится библиотека?"}, "Detection"),
        ("/v1/dragoman/explain", {"model": "tiny", "prompt": "図書館はどこですか"}, "Explanation"),
        ("/v1/dragoman/detect", {"text": 5}, "Error"),
        ("/v1/nowhere", {}, "Error"),
    ],
)
async def test_answers_are_as_described(
    running: Running, path: str, body: dict[str, Any], schema: str
) -> None:
    async with running.client.post(path, json=body) as response:
        _validator(schema).validate(await response.json())


@pytest.mark.parametrize(
    ("path", "schema"), [("/health", "Status"), ("/ready", "Status"), ("/v1/models", "Models")]
)
async def test_what_is_asked_for_without_a_body_is_as_described(
    running: Running, path: str, schema: str
) -> None:
    async with running.client.get(path) as response:
        _validator(schema).validate(await response.json())
