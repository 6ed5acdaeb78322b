"""Scripts of Node.js beside the packages that they need."""

import shutil
import subprocess
from pathlib import Path

import pytest


def installed_script(script: Path, folder: Path) -> Path:
    """The script in this folder, with what the package.json and the lock beside it name.

    Skips the test where that cannot be had: it needs node, npm, and npm's registry or cache.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    for name in ("package.json", "package-lock.json", script.name):
        shutil.copy(script.with_name(name), folder)
    command = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=peer"]
    try:
        installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install in two minutes")
    if installed.returncode:
        pytest.skip(f"npm could not install: {installed.stderr[-300:]}")
    return folder / script.name
