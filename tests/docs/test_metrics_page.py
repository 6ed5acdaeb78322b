"""The page of metrics lists what there is, and nothing else."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from gateway.metrics import Metrics
from gateway.record import Record
from tests.deploy.test_dashboard import of_engines
from tests.docs.pages import first_cells, section

_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)


def listed(part: str) -> dict[str, tuple[str, set[str]]]:
    """Type and labels of each metric in one part of the page."""
    text = Path("docs/metrics.md").read_text("utf-8").split("\n## ")
    (rows,) = [one for one in text if one.startswith(part)]
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in _ROW.findall(rows)}


def exposed_name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def test_every_metric_of_the_gateway_is_listed_with_its_labels() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    there = {}
    for collector in set(registry._collector_to_names):
        (family,) = collector.collect()
        there[exposed_name(family)] = (family.type, set(collector._labelnames))  # type: ignore[attr-defined]
    assert listed("Of the gateway") == there


def test_every_metric_of_engines_is_listed_with_its_labels() -> None:
    there = {
        exposed_name(family): (family.type, {label for sample in family.samples for label in sample.labels})
        for family in of_engines().collect()
    }
    assert listed("Of engines") == there


def test_every_field_of_the_access_log_is_listed() -> None:
    listed = set(first_cells(section(Path("docs/metrics.md"), "Logs and traces")))
    assert listed == set(Record("id", "GET", "/health").view())
