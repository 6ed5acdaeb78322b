"""The systems that are compared, each as its documentation starts it, all in front of one stub engine."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.process import Server
from gateway.ray_serve.processes import free_port

MODEL = "benchmark"
OWN = ("uvicorn", "ray")
GATEWAYS = (*OWN, "litellm", "vllm-router")

API_KEY = "benchmark-key"
"""The gateway checks it; the peers are left without keys, which spares them the check."""


def stub_engine(name: str = "stub") -> Server:
    """The engine behind all the others, and the floor under their figures."""
    port = free_port()
    command = (sys.executable, "-m", "benchmarks.stub_engine", "--port", str(port), "--model", MODEL)
    return Server(name, f"uvloop {version('uvloop')}", command, port, "/health")


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the peers are installed; None for where PATH has their command."""

    litellm: Path | None = None
    vllm_router: Path | None = None

    def has(self, name: str) -> bool:
        """Whether the system can be started."""
        return name in OWN or self._find(name) is not None

    def venv(self, name: str) -> Path:
        """The environment of a peer. Raises `BenchmarkError` where there is none."""
        found = self._find(name)
        if found is None:
            raise BenchmarkError(f"{name} is not installed")
        return found

    def _find(self, name: str) -> Path | None:
        given = self.litellm if name == "litellm" else self.vllm_router
        command = shutil.which(name)
        return given or (Path(command).parent.parent if command else None)


def gateway(name: str, engine: Server, installation: Installation, scratch: Path) -> Server:
    """The system of that name in front of the engine. scratch: folder for its configuration.

    Raises `BenchmarkError` where the system is not installed.
    """
    match name:
        case "uvicorn":
            return own_gateway("uvicorn", "--engine", _base_url(engine))
        case "ray":
            return _ray(engine, scratch)
        case "litellm":
            return _litellm(engine, installation.venv("litellm"), scratch)
        case "vllm-router":
            return _vllm_router(engine, installation.venv("vllm-router"))
    raise BenchmarkError(f"no system is called {name!r}")


def own_gateway(name: str, *options: str) -> Server:
    """``dragoman serve`` with these options."""
    port = free_port()
    dragoman = str(Path(sys.executable).with_name("dragoman"))
    command = (dragoman, "serve", *options, "--port", str(port))
    return Server(name, version("dragoman"), command, port, "/ready", {"DRAGOMAN_API_KEY": API_KEY})


def _ray(engine: Server, scratch: Path) -> Server:
    """Dragoman under Ray Serve behind HAProxy."""
    policy = scratch / "policy.yaml"
    policy.write_text(json.dumps(_policy(engine)), encoding="utf-8")  # JSON is YAML
    return replace(own_gateway("ray", "--config", str(policy)), version=f"ray {version('ray')}")


def _litellm(engine: Server, venv: Path, scratch: Path) -> Server:
    """LiteLLM's proxy with one worker, no key, no database."""
    port = free_port()
    parameters = {"model": f"openai/{MODEL}", "api_base": _base_url(engine), "api_key": "none"}
    config = {"model_list": [{"model_name": MODEL, "litellm_params": parameters}]}
    path = scratch / "litellm.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    command = (str(venv / "bin/litellm"), "--config", str(path), "--host", "127.0.0.1", "--port", str(port))
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # else it fetches prices from the network
    return Server(
        "litellm",
        _version_in(venv, "litellm"),
        (*command, "--telemetry", "False"),
        port,
        "/health/liveliness",
        environment,
    )


def _vllm_router(engine: Server, venv: Path) -> Server:
    """vllm-router with its defaults and one worker, quiet."""
    port = free_port()
    command = (str(venv / "bin/vllm-router"), "--worker-urls", f"http://127.0.0.1:{engine.port}")
    where = ("--host", "127.0.0.1", "--port", str(port))
    metrics = ("--prometheus-host", "127.0.0.1", "--prometheus-port", str(free_port()))
    quiet = ("--log-level", "error")
    return Server(
        "vllm-router",
        _version_in(venv, "vllm-router"),
        (*command, *where, *metrics, *quiet),
        port,
        "/health",
    )


def _base_url(engine: Server) -> str:
    return f"http://127.0.0.1:{engine.port}/v1"


def _policy(engine: Server) -> dict[str, object]:
    only = {"kind": "http", "urls": [_base_url(engine)], "models": [MODEL]}
    return {
        "version": 1,
        "engines": {"engine": only},
        "default": {"kind": "direct"},
        "undetermined": {"kind": "direct"},
    }


def _version_in(venv: Path, distribution: str) -> str:
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    done = subprocess.run([venv / "bin/python", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
