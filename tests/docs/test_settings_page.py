"""The page of settings gives the defaults that there are, and names what else is read from the environment."""

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.ray_serve.environment import vllm_defaults
from gateway.settings import Settings
from tests.docs.pages import text_of

PAGE = Path("docs/settings.md")
# Said in words, as they are made at the start or are no value.
IN_WORDS = {
    "DRAGOMAN_API_KEY",
    "DRAGOMAN_ENGINE_KEY",
    "DRAGOMAN_DETECTOR_PATH",
    "DRAGOMAN_OTLP_ENDPOINT",
    "DRAGOMAN_KEYS_PATH",
    "DRAGOMAN_ENGINE_BASE_URL",
    "DRAGOMAN_METRICS_DIR",
}


def defaults(value: BaseModel, prefix: str = "DRAGOMAN_") -> dict[str, Any]:
    """The default of each variable."""
    found: dict[str, Any] = {}
    for name, field in value:
        variable = prefix + name.upper()
        found |= defaults(field, f"{variable}__") if isinstance(field, BaseModel) else {variable: field}
    return found


def test_the_defaults_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", text_of(PAGE), re.MULTILINE)
    listed = {name: default for name, default in rows if name not in IN_WORDS}
    there = {name: value for name, value in defaults(Settings()).items() if name not in IN_WORDS}
    assert listed == {
        name: f"{value:g}" if isinstance(value, float) else str(value).lower()
        for name, value in there.items()
    }


def test_every_variable_that_the_source_names_is_on_the_page() -> None:
    source = "".join(path.read_text("utf-8") for path in Path("gateway").rglob("*.py"))
    page = text_of(PAGE)
    named = set(re.findall(r"\bDRAGOMAN_[A-Z_]*[A-Z]\b", source)) | set(
        vllm_defaults({}, has_remote_models=False)
    )
    assert sorted(name for name in named if name not in page) == []
