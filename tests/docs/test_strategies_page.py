"""The page of strategies names every strategy, selector and setting, and what it shows can be put in a policy."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from routing.contract_settings import ContractSettings, Level
from routing.generation import MaskMode
from routing.request_signs.signs import RequestSigns
from routing.selector import Selector
from routing.strategies.self_translate import Reason
from routing.strategy import Strategy
from tests.docs.pages import first_cells, section, text_of

PAGE = Path("docs/strategies.md")
STRATEGIES: tuple[type[BaseModel], ...] = get_args(get_args(Strategy)[0])
SELECTORS: tuple[type[BaseModel], ...] = get_args(get_args(Selector)[0])
TYPES: dict[str, Any] = {"strategy": Strategy, "selector": Selector, "contract": ContractSettings}


def kinds(models: tuple[type[BaseModel], ...]) -> set[str]:
    return {model.model_fields["kind"].default for model in models}


def examples() -> Iterator[tuple[str, Any]]:
    """What the page's blocks of YAML show, by what it is."""
    for block in re.findall(r"```yaml\n(.*?)```", text_of(PAGE), re.DOTALL):
        for part in re.split(r"^(?=\w)", block, flags=re.MULTILINE):
            yield from (yaml.safe_load(part) or {}).items()


def test_the_tables_list_every_strategy_selector_and_level() -> None:
    assert set(first_cells(section(PAGE, "Strategies and the contract"))) == kinds(STRATEGIES)
    assert set(first_cells(section(PAGE, "samples"))) == kinds(SELECTORS)
    assert set(first_cells(section(PAGE, "The contract"))) == set(get_args(Level))


@pytest.mark.parametrize(
    "model", [*STRATEGIES, *SELECTORS, ContractSettings], ids=lambda model: model.__name__
)
def test_every_setting_is_told_of(model: type[BaseModel]) -> None:
    page = text_of(PAGE)
    assert [name for name in model.model_fields if not re.search(rf"\b{name}\b[:`]", page)] == []


def test_every_mode_of_a_mask_and_every_reason_to_skip_is_told_of() -> None:
    page = text_of(PAGE)
    assert [word for word in (*get_args(MaskMode), *get_args(Reason)) if word not in page] == []


def test_what_the_page_shows_is_right() -> None:
    shown = [(name, value) for name, value in examples() if name in TYPES]
    assert len(shown) >= len(STRATEGIES) - 2
    for name, value in shown:
        TypeAdapter(TYPES[name]).validate_python(value)


def not_default(value: BaseModel) -> set[str]:
    """The fields of an example that have a default, and another value."""
    fields = type(value).model_fields
    return {
        name
        for name in value.model_fields_set - {"kind", "inner"}
        if not fields[name].is_required()
        and fields[name].get_default(call_default_factory=True) not in (None, getattr(value, name))
    }


def test_what_the_page_shows_is_the_default_or_said_not_to_be() -> None:
    lines = text_of(PAGE).splitlines()
    for name, value in examples():
        if name in TYPES:
            for field in not_default(TypeAdapter(TYPES[name]).validate_python(value)):
                shown = [line for line in lines if re.search(rf"\b{field}: .*# default:", line)]
                assert shown, f"{name} {value}: {field} has another default"


def test_the_page_of_signs_lists_every_sign() -> None:
    assert set(first_cells(section(Path("docs/request-signs.md"), "Signs in a request"))) == set(
        RequestSigns.__dataclass_fields__
    )
