"""The pages that people read, and what stands in them."""

import re
from functools import cache
from pathlib import Path

PAGES = (*(Path(name) for name in ("README.md", "CONTRIBUTING.md")), *sorted(Path("docs").rglob("*.md")))

_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


@cache
def text_of(page: Path) -> str:
    """A page as it is written."""
    return page.read_text("utf-8")


def prose_of(page: Path) -> str:
    """A page without its blocks of code, in which `[` and `#` mean something else."""
    return _FENCED.sub("", text_of(page))


def section(page: Path, heading: str) -> str:
    """What stands below a heading of any level, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text_of(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page}: no heading {heading!r}"
    return found[1]


def first_cells(text: str) -> list[str]:
    """The names in backquotes that the first column of a text's tables has."""
    cells = re.findall(r"^\| ([^|]*) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]*)`", cell)]
