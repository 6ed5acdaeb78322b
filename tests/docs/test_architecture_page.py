"""Whoever looks for a folder or a file by the page of the architecture finds it."""

import re
from pathlib import Path

from tests.docs.pages import text_of

PAGE = Path("docs/architecture.md")
PACKAGES = ("routing", "gateway", "kernels")


def folders() -> set[str]:
    """Every folder that has source."""
    return {path.parent.as_posix() for top in PACKAGES for path in Path(top).rglob("*.py")}


def test_every_folder_with_source_is_named() -> None:
    assert sorted(folder for folder in folders() if f"{folder}/" not in text_of(PAGE)) == []


def test_every_file_that_is_named_without_its_folder_is_there() -> None:
    names = set(re.findall(r"`(\w+\.py)`", text_of(PAGE)))
    there = {path.name for top in PACKAGES for path in Path(top).rglob("*.py")}
    assert names
    assert names <= there


def test_every_decision_says_why_what_and_at_what_price() -> None:
    for page in Path("docs/decisions").glob("*.md"):
        assert text_of(page).startswith(f"# {int(page.name[:4])}. "), page
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text_of(page), re.MULTILINE)
        assert (parts[0], parts[-1]) == ("Context", "Price"), page
        assert "Choice" in parts, page
