"""The page of the HTTP API lists the paths, headers, fields and statuses that there are."""

import re
from pathlib import Path

from gateway.openai.requests import Ask
from gateway.openapi import openapi_document
from gateway.ray_serve.haproxy import _ERRORS
from gateway.shed_load import CODE as OVERLOADED
from routing import errors
from routing.errors import Overloaded
from tests.docs.pages import first_cells, section

PAGE = Path("docs/api.md")


def test_every_path_is_listed() -> None:
    listed = {cell.removeprefix("POST ").removeprefix("GET ") for cell in first_cells(section(PAGE, "Paths"))}
    there = {path.replace("{model}", "{id}") for path in openapi_document()["paths"]}
    assert listed | {"/openapi.json"} == there


def test_every_field_for_the_gateway_is_listed() -> None:
    assert set(first_cells(section(PAGE, "What a request can say to the gateway"))) == set(Ask.model_fields)


def test_every_header_is_listed_on_the_page_and_in_the_document() -> None:
    listed = set(first_cells(section(PAGE, "What a response says")))
    documented = {
        header
        for methods in openapi_document()["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for header in response["headers"]
    }
    source = "".join(path.read_text("utf-8") for path in Path("gateway").glob("*.py"))
    sent = set(re.findall(r'b"(x-dragoman-[a-z-]+)"', source))
    assert sent <= documented
    assert {name for name in documented if not name.startswith("x-ratelimit-")} == listed - {"x-ratelimit-…"}


def test_every_error_has_its_code_beside_its_status_on_the_page() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| ([^|]*) \|", section(PAGE, "Errors"), re.MULTILINE)
    listed = {
        (int(status), code)
        for statuses, codes in rows
        for status in statuses.split(",")
        for code in re.findall(r"`(\w+)`", codes)
    }
    of_classes = {(error.status, error.code) for error in _of_the_wire(errors.DragomanError)}
    of_haproxy = {(status, code) for status, (code, _) in _ERRORS.items()}
    assert of_classes | of_haproxy | {(Overloaded.status, OVERLOADED)} <= listed


def _of_the_wire(error: type[errors.DragomanError]) -> set[type[errors.DragomanError]]:
    """All that may reach a client with a code of Dragoman's own."""
    below = {each for one in error.__subclasses__() for each in _of_the_wire(one)}
    return {error, *below} - {errors.ConfigError, errors.EngineRefused}
