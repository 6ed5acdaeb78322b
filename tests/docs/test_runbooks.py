"""What runbooks say to look at is on the dashboard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import text_of

_PANEL = re.compile(
    r"[Pp]anel \*([^*]+)\*|[Gg]auge \*([^*]+)\*|^\| \*([^*]+)\*|, \*([^*]+)\* (?:as|up)", re.MULTILINE
)


def titles(panels: list[dict[str, Any]]) -> Iterator[str]:
    for panel in panels:
        yield panel["title"]
        yield from titles(panel.get("panels", []))


@pytest.mark.parametrize("page", ["docs/reliability.md", "docs/capacity.md"])
def test_panels_that_a_page_names_are_on_the_dashboard(page: str) -> None:
    named = {next(filter(None, found)) for found in _PANEL.findall(text_of(Path(page)))}
    there = set(titles(json.loads(Path("deploy/grafana/dashboard.json").read_text("utf-8"))["panels"]))
    assert len(named) >= 4
    assert sorted(named - there) == []
