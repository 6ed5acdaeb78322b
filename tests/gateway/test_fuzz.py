"""Requests made from the OpenAPI document, right and wrong ones: none may break the gateway."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.openapi import openapi_document
from routing.language import Detector
from tests.gateway.conftest import KEY
from tests.gateway.served import Served, served_gateway


@pytest.fixture(scope="module")
def served(detector: Detector) -> Iterator[Served]:
    with served_gateway(detector) as served:
        yield served


AnyCase = schemathesis.Case[Any]

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,  # x-request-id among them
    response_schema_conformance,  # errors in OpenAI's form among them
    status_code_conformance,
]


OPERATIONS = [(path, method) for path, item in openapi_document()["paths"].items() for method in item]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_the_gateway(served: Served, path: str, method: str, mode: GenerationMode) -> None:
    operation = schemathesis.openapi.from_url(f"{served.url}/openapi.json", timeout=300)[path][method]

    # A wrong request takes up to 7 s of CPU time to make; to shrink one takes minutes and shows no more.
    @settings(
        max_examples=20 if mode is GenerationMode.POSITIVE else 4,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: AnyCase) -> None:
        _name_a_model_that_exists(case)
        case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, checks=CHECKS, timeout=300)

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("takes nothing that could be wrong")


def _name_a_model_that_exists(case: AnyCase) -> None:
    """Else nothing gets further than to the search for its model."""
    if isinstance(case.body, dict) and isinstance(case.body.get("model"), str):
        case.body["model"] = "tiny"
