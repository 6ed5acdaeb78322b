"""The alerts, by promtool's own unit tests; and that every metric they ask for is one that the gateway has."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.metrics import Metrics

RULES = Path("deploy/prometheus/rules.yaml")
UNIT_TESTS = Path("deploy/prometheus/rules.test.yaml")
RUNBOOKS = Path("docs/reliability.md")


def rules() -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(RULES.read_text("utf-8"))["spec"]
    return spec


def alerts() -> list[dict[str, Any]]:
    return [rule for group in rules()["groups"] for rule in group["rules"] if "alert" in rule]


def metric_names(expression: str) -> set[str]:
    """What an expression asks for, as the exposition's families are called."""
    found = re.findall(r"\bdragoman_\w+", expression)
    return {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in found}


def exposed() -> set[str]:
    lines = Metrics().exposition().decode().splitlines()
    return {line.split()[2].removesuffix("_total") for line in lines if line.startswith("# TYPE")}


def run_unit_tests(folder: Path, contents: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed; Debian has it in the package prometheus")
    (folder / "rules.yaml").write_text(yaml.safe_dump(contents), "utf-8")
    shutil.copy(UNIT_TESTS, folder)
    command = ["promtool", "test", "rules", UNIT_TESTS.name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)


def test_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    done = run_unit_tests(tmp_path, rules())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('endpoint!="other"', 'endpoint=~".*"'),
        ("> 0.0144", "> 0.144"),
        ("by (language)", "by (model)"),
        ("increase(dragoman_requests_total", "rate(dragoman_requests_total"),
        ("or vector(0)", "or vector(1)"),
        ("> 0.05", "> 0.5"),
        ("offset 15m", "offset 1m"),
        ("> 0.064", "> 0.3"),
        ('outcome="broken"', 'outcome!="kept"'),
        ('outcome=~"kept|repaired|broken"}[30m])) > 50', 'outcome=~"kept|repaired|broken"}[30m])) > 5'),
        ("direct|route|", "none"),
    ],
)
def test_the_unit_tests_reject_rules_that_are_wrong(tmp_path: Path, right: str, wrong: str) -> None:
    text = RULES.read_text("utf-8")
    assert right in text
    assert run_unit_tests(tmp_path, yaml.safe_load(text.replace(right, wrong))["spec"]).returncode != 0


def test_every_alert_is_tested_and_has_a_runbook() -> None:
    tested = UNIT_TESTS.read_text("utf-8")
    headings = re.findall(r"^#+ (\w+)$", RUNBOOKS.read_text("utf-8"), re.MULTILINE)
    for alert in alerts():
        assert f"alertname: {alert['alert']}\n        exp_alerts" in tested
        assert alert["annotations"]["runbook_url"].endswith(f"docs/reliability.md#{alert['alert'].lower()}")
        assert alert["alert"] in headings
        assert alert["labels"]["severity"] in {"critical", "warning"}


def test_rules_ask_for_metrics_that_the_gateway_has() -> None:
    for group in rules()["groups"]:
        for rule in group["rules"]:
            assert metric_names(rule["expr"]) <= exposed(), rule["expr"]
