"""The overlays, rendered as `kubectl apply --kustomize` would."""

import functools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

OVERLAYS = Path("deploy/kubernetes/overlays")

Manifest = dict[str, Any]


def overlays() -> list[str]:
    """Their names."""
    return sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))


@functools.cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """All objects of an overlay. Skips the test where there is no kubectl."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    command = ["kubectl", "kustomize", str(OVERLAYS / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    """The objects of some kinds."""
    return [manifest for manifest in rendered(overlay) if manifest["kind"] in kinds]


def pod_templates(overlay: str) -> Iterator[Manifest]:
    """Every template that an overlay makes pods from."""
    for deployment in of_kind(overlay, "Deployment"):
        yield deployment["spec"]["template"]
    for service in of_kind(overlay, "RayService"):
        cluster = service["spec"]["rayClusterConfig"]
        yield cluster["headGroupSpec"]["template"]
        for group in cluster["workerGroupSpecs"]:
            yield group["template"]


def component(template: Manifest) -> str:
    """What a pod is for: ``gateway``, ``engine`` or ``head``."""
    label: str = template["metadata"]["labels"]["app.kubernetes.io/component"]
    return label
