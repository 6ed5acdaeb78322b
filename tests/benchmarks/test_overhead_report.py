import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.overhead_measurement import Measurement, median
from benchmarks.overhead_report import Result, Run, markdown, print_table, write

ONES = Measurement(**{field.name: 1.0 for field in fields(Measurement)})
ROUNDS = tuple(replace(ONES, p50_1_ms=ms, requests_per_s=1000 * ms) for ms in (3.0, 1.5, 2.0))
RUN = Run(
    began=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    command="python -m benchmarks.overhead",
    busy_cores=0.25,
    results=(Result("uvicorn", "1.2", 0.01, ROUNDS), Result("ray", "ray 2", 0.1, ROUNDS)),
)


def test_each_figure_has_a_median_of_its_own() -> None:
    assert median(ROUNDS) == replace(ONES, p50_1_ms=2.0, requests_per_s=2000.0)


def test_the_markdown_has_a_row_a_system_as_wide_as_its_head() -> None:
    lines = [line for line in markdown(RUN).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert [line.split(" | ")[0] for line in lines] == ["| system", "| ---", "| uvicorn", "| ray"]
    assert "| 2.00 |" in lines[2]
    assert "| 2,000 |" in lines[2]


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(RUN)
    printed = capsys.readouterr().out
    assert "uvicorn" in printed
    assert "2,000" in printed


def test_the_json_keeps_every_round(tmp_path: Path) -> None:
    write(RUN, tmp_path / "new")
    document = json.loads((tmp_path / "new" / "overhead.json").read_text())
    assert [one["p50_1_ms"] for one in document["results"][0]["rounds"]] == [3.0, 1.5, 2.0]
    assert document["began"] == "2026-01-02T03:04:00+00:00"
    assert (tmp_path / "new" / "overhead.md").read_text() == markdown(RUN)
