"""ServiceMonitor and PrometheusRule, by the Prometheus operator's own definitions, which an npm package has."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.manifests import Manifest, of_kind, overlays, rendered
from tests.node_script import installed_script

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_script(HERE / "check_monitoring.mjs", tmp_path_factory.mktemp("node"))


def problems(script: Path, manifests: list[Manifest]) -> list[Any]:
    lines = "".join(json.dumps(manifest) + "\n" for manifest in manifests)
    done = subprocess.run(["node", script], input=lines, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rules_and_monitors_are_what_the_operator_knows_and_wrong_ones_are_told(script: Path) -> None:
    right = of_kind("monitored", "ServiceMonitor", "PrometheusRule")
    assert len(right) == 2
    wrong = copy.deepcopy(right)
    for manifest in wrong:
        if manifest["kind"] == "ServiceMonitor":
            manifest["spec"]["endpoints"][0]["port"] = 8000
        else:
            manifest["spec"]["groups"][0]["rules"] = "none"
    assert [bool(found) for found in problems(script, right + wrong)] == [False, False, True, True]


@pytest.mark.parametrize("overlay", overlays())
def test_the_monitor_finds_one_port_of_every_layout(overlay: str) -> None:
    [monitor] = of_kind("monitored", "ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    [endpoint] = monitor["spec"]["endpoints"]
    found = [
        service
        for service in of_kind(overlay, "Service")
        if wanted.items() <= service["metadata"].get("labels", {}).items()
    ]
    assert [port["name"] for service in found for port in service["spec"]["ports"]] == [endpoint["port"]]
    assert found[0]["spec"]["clusterIP"] == "None"


def test_grafanas_sidecar_finds_the_dashboard() -> None:
    [config] = [one for one in rendered("monitored") if one["metadata"]["name"] == "dragoman-dashboard"]
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(config["data"]["dragoman.json"])["uid"] == "dragoman"
