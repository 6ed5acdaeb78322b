"""The gateway and the engines of a policy, under Ray Serve with HAProxy in front."""

import contextlib
import http.client
import os
import queue
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from rich.console import Console

from gateway.commands.invitation import invite
from gateway.commands.progress import step
from gateway.commands.stopping import Stopping
from gateway.embedded_model import prepare_embedded_model
from gateway.engines.pool import check_engine_keys
from gateway.keys import load_keys
from gateway.ray_serve.cluster import Cluster, running_cluster
from gateway.ray_serve.local_engines import EMBEDDED, local_engines, logical_cpus
from gateway.ray_serve.processes import require_free
from gateway.settings import Settings
from routing.errors import ConfigError, EngineUnavailable
from routing.policy import Policy
from routing.policy_file import parse_policy

if TYPE_CHECKING:
    from gateway.ray_serve.site import Site

_READY_WITHIN_S = 60.0
_POLL_S = 0.1
_WATCH_S = 1.0


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """Where the policy is, and where models are kept that it gets converted."""

    path: Path
    cache_dir: Path

    def read(self) -> str:
        """The text as it is now. Raises `ConfigError` where it cannot be read."""
        try:
            return self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{self.path}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Front:
    """The gateway's own processes.

    new_key: the key that was made for this start, to be shown once it serves; empty where there were keys.
    """

    port: int
    replicas: int
    new_key: str = field(repr=False)


def serve_policy(file: PolicyFile, settings: Settings, front: Front, stopping: Stopping) -> None:
    """Starts everything, serves until SIGINT or SIGTERM, and ends everything. Raises `DragomanError`."""
    text = file.read()
    policy = parse_policy(text, str(file.path))
    console = Console(stderr=True)
    _check_secrets(policy, settings)
    require_free(front.port)  # here too, since a model may take its time to be converted
    models = _models(policy, _embedded_model(policy, file.cache_dir, console, stopping))
    with contextlib.ExitStack() as stack:
        with step("Ray Serve and HAProxy", console, stopping) as report:
            cluster = stack.enter_context(
                running_cluster(
                    front.port,
                    logical_cpus=logical_cpus(
                        policy, gateway_replicas=front.replicas, cores=os.cpu_count() or 1
                    ),
                    has_remote_models=any(not Path(model).is_dir() for model in models.values()),
                    report=report,
                )
            )
            stopping.listen()
        # Reads Ray's variables when it is imported, which the cluster has set only now.
        from gateway.ray_serve.site import Site, deploy

        metrics_dir = settings.metrics_dir or cluster.run_dir / "metrics"
        settings = settings.model_copy(update={"metrics_dir": metrics_dir})
        site = Site(settings, text, str(file.path), models, front.replicas)
        with step("engines and gateway", console, stopping) as report:
            deploy(site, has_gpu=cluster.has_gpu, report=report)
            _wait_until_ready(front.port)
        invite(settings.engine_base_url, front.new_key, _a_model(policy))
        _serve_until_stopped(site, file, cluster, console)


def _check_secrets(policy: Policy, settings: Settings) -> None:
    """Raises here, in a line, what each replica would raise at its start, in fifty."""
    load_keys(settings.keys_path, settings.api_key)
    check_engine_keys(policy.engines)


def _embedded_model(policy: Policy, cache_dir: Path, console: Console, stopping: Stopping) -> str:
    """The folder of the embedded model, converted if this is its first use; nothing where no engine loads it."""
    if all(engine.model != EMBEDDED for engine in local_engines(policy).values()):
        return ""
    with step("model", console, stopping) as report:
        return str(prepare_embedded_model(cache_dir.absolute(), report))


def _models(policy: Policy, embedded: str) -> dict[str, str]:
    """What each local engine loads. Folders are absolute, since Ray's workers do not run in this one."""
    models = {name: engine.model for name, engine in local_engines(policy).items()}
    folders = {model: str(Path(model).absolute()) for model in models.values() if Path(model).is_dir()}
    return {name: {EMBEDDED: embedded, **folders}.get(model, model) for name, model in models.items()}


def _a_model(policy: Policy) -> str:
    return next((model for engine in policy.engines.values() for model in engine.models), "MODEL")


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _is_ready(port):
        if time.monotonic() > deadline:
            raise EngineUnavailable(f"no engine of the policy answered within {_READY_WITHIN_S:.0f} s")
        time.sleep(_POLL_S)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_READY_WITHIN_S)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _serve_until_stopped(site: "Site", file: PolicyFile, cluster: Cluster, console: Console) -> None:
    """Handles signals until one says to stop, then lets requests in flight end; a second one breaks that off.

    Raises `EngineUnavailable` where Ray's head ends first.
    """
    from gateway.ray_serve.site import drain

    hangups: queue.SimpleQueue[int] = queue.SimpleQueue()
    has_terminal = os.isatty(0)

    def on_hangup(signum: int, _: FrameType | None) -> None:
        hangups.put(signum)

    signal.signal(signal.SIGHUP, on_hangup)
    try:
        while True:
            _next(hangups, cluster)
            if has_terminal and not os.isatty(0):
                break  # the terminal was closed
            site = _reload(site, file)
    except KeyboardInterrupt:
        pass
    with contextlib.suppress(KeyboardInterrupt), step("requests in flight ended", console, Stopping()):
        drain()


def _next(hangups: queue.SimpleQueue[int], cluster: Cluster) -> None:
    while True:
        with contextlib.suppress(queue.Empty):
            hangups.get(timeout=_WATCH_S)
            return
        cluster.check_head()


def _reload(site: "Site", file: PolicyFile) -> "Site":
    from gateway.ray_serve.site import redeploy_policy

    try:
        text = file.read()
        _check_secrets(parse_policy(text, str(file.path)), site.settings)
        site = redeploy_policy(site, text)
    except ConfigError as error:
        click.echo(f"The old policy stays in force:\n{error.message}", err=True)
    else:
        click.echo(f"{file.path}: in force", err=True)
    return site
