"""Links of pages, and the files that they name, are there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, prose_of, text_of

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_FILE = re.compile(r"`((?:routing|gateway|kernels|deploy|tests|benchmarks|scripts|docs|examples)/[^`\s]*)`")

every_page = pytest.mark.parametrize("page", PAGES, ids=str)


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in _HEADING.findall(prose_of(page))
    }


def dead_links(page: Path) -> list[str]:
    """Links to files that are not there, and to headings that those do not have."""
    return [target for target in _LINK.findall(prose_of(page)) if not _leads_somewhere(page, target)]


def _leads_somewhere(page: Path, target: str) -> bool:
    if re.match(r"\w+://", target):
        return True
    name, _, anchor = target.partition("#")
    there = page.parent / name if name else page
    return there.exists() and (not anchor or anchor in anchors(there))


@every_page
def test_no_link_is_dead(page: Path) -> None:
    assert dead_links(page) == []


@every_page
def test_files_that_a_page_names_exist(page: Path) -> None:
    names = {name.partition("#")[0] for name in _FILE.findall(text_of(page))}
    assert sorted(name for name in names if not _exists(name)) == []


def _exists(name: str) -> bool:
    return any(Path().glob(name)) or Path(f"{name}.py").exists()


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Ein Wort, zwei `Wörter`\n[a](#ein-wort-zwei-wörter) [b](#nothing) [c](no.md) [d](page.md)"
    )
    assert dead_links(page) == ["#nothing", "no.md"]
