import re
from pathlib import Path

import pytest

from gateway.key_limits import KeyLimits
from gateway.keys import Key, KeysContents, load_keys
from routing.engine_settings import HttpEngineSettings, LocalEngineSettings
from routing.policy_file import parse_policy
from routing.resource_levels import resource_classes
from routing.when import When
from tests.docs.pages import PAGES, text_of

POLICY_PAGE = Path("docs/policy.md").read_text("utf-8")
KEYS_PAGE = Path("docs/keys.md").read_text("utf-8")


def example(page: str) -> str:
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


def explained(page: str) -> set[str]:
    """The keys in the first columns of a page's tables, without what comes before a dot."""
    cells = re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE)
    return {name.rpartition(".")[2] for cell in cells for name in re.findall(r"`([^`]*)`", cell)}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_whole_policy_on_a_page_is_right(page: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", text_of(page), re.DOTALL):
        if re.search(r"^version: 1\n(?=.*^engines:)", block, re.MULTILINE | re.DOTALL):
            assert parse_policy(block, str(page)).warnings == ()


def test_the_page_of_policies_begins_with_a_whole_one() -> None:
    assert parse_policy(example(POLICY_PAGE), "docs/policy.md").rules


def test_the_keys_file_of_the_page_is_right(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(example(KEYS_PAGE), "utf-8")
    load_keys(path, "")


@pytest.mark.parametrize("model", [When, HttpEngineSettings, LocalEngineSettings])
def test_every_key_of_a_policy_is_explained(model: type[When]) -> None:
    assert set(model.model_fields) - explained(POLICY_PAGE) - {"timeouts"} == set()


def test_every_key_of_a_keys_file_is_explained() -> None:
    assert set(Key.model_fields) | set(KeyLimits.model_fields) == explained(KEYS_PAGE) | {"limits"}
    assert set(KeysContents.model_fields) == {"version", "fertility", "keys"}


def test_the_table_of_resource_levels_is_as_long_as_the_page_says() -> None:
    assert f"each of {len(resource_classes())} languages" in POLICY_PAGE
