"""The image: right by a linter, small in what it is given, and the same user as the manifests say."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.version import VERSION

DOCKERFILE = Path("Dockerfile").read_text("utf-8")


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint") or str(Path(sys.executable).with_name("hadolint"))
    if not Path(linter).exists():
        pytest.skip("hadolint is not installed")
    done = subprocess.run([linter, "Dockerfile"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout


def test_nothing_but_what_is_built_is_sent_to_the_builder() -> None:
    first, *others = [
        line for line in Path(".dockerignore").read_text("utf-8").splitlines() if line[:1] != "#"
    ]
    assert first == "*"
    allowed = {line[1:].partition("/")[0] for line in others if line.startswith("!")}
    assert allowed == {
        "LICENSE",
        "THIRD_PARTY.md",
        "README.md",
        "pyproject.toml",
        "requirements",
        "gateway",
        "routing",
        "kernels",
    }


def test_every_image_ends_as_the_user_that_the_manifests_name() -> None:
    for target in ("gateway", "cpu", "cuda"):
        stage = re.search(rf"^FROM run AS {target}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
        assert stage
        users = re.findall(r"^USER (.*)$", stage[1], re.MULTILINE)
        assert users[-1:] in ([], ["10001:10001"])
    assert "USER 10001:10001" in DOCKERFILE


def test_bases_are_pinned_and_nothing_is_compiled() -> None:
    assert re.search(r"^ARG PYTHON=3\.11\.\d+$", DOCKERFILE, re.MULTILINE)
    for install in re.findall(r"pip install [^&\n]*", DOCKERFILE):
        assert "--only-binary :all:" in install or install.rstrip(" \\").endswith("/src")


def stage(name: str) -> str:
    found = re.search(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("target", ["gateway", "cpu", "cuda"])
def test_what_is_built_leaves_its_tools_behind(target: str) -> None:
    """`scripts/prove-image` runs these commands and looks."""
    assert re.search(r"pip uninstall --yes [a-z ]*pip$", stage(f"build-{target}").strip())
    last = stage(target)
    assert f"COPY --from=build-{target} /opt/dragoman /opt/dragoman" in last
    assert "pip install" not in stage("run") + last
    installed = re.findall(r"apt-get install --yes --no-install-recommends (.*) \\", last)
    assert installed == {"gateway": [], "cpu": ["libnuma1"], "cuda": ["gcc libc6-dev"]}[target]


def test_every_image_tells_what_it_is_and_whether_it_is_well() -> None:
    common = stage("run")
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in common
    [check] = re.findall(r"^HEALTHCHECK (.*?)$\s+CMD (.*)$", common.replace("\\\n", "\n"), re.MULTILINE)
    assert "--start-period" in check[0]
    assert "/health" in check[1]
    assert f"ARG VERSION={VERSION}" in common
