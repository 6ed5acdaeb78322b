"""``dragoman serve``: the gateway with its own engines under Ray Serve, or in front of somebody else's."""

import os
import secrets
import sys
from functools import partial
from importlib import resources
from pathlib import Path

import click
from pydantic import ValidationError

from gateway.commands.serve_policy import Front, PolicyFile, serve_policy
from gateway.commands.serve_process import Address, ReadPolicy, serve_process
from gateway.commands.stopping import Stopping
from gateway.embedded_model import default_cache_dir
from gateway.environment import read_settings
from gateway.keys import generate_key
from gateway.settings import Settings
from routing.engine_settings import HttpEngineSettings
from routing.errors import ConfigError, DragomanError
from routing.policy import Policy
from routing.policy_file import load_policy

_DEFAULT_POLICY = Path(str(resources.files("gateway") / "default_policy.yaml"))


@click.command("serve")
@click.make_pass_decorator(Stopping, ensure=True)
@click.option(
    "--config",
    "policy_path",
    type=click.Path(path_type=Path),
    help="The policy: engines and rules (`dragoman check-config` shows what it says). Without it, one small model "
    "that comes with the package is served, which shows the machinery and not how well a model can answer.",
)
@click.option(
    "--engine",
    "engine_url",
    metavar="URL",
    help="Serve in front of this OpenAI-compatible engine (its base URL, such as http://host:8000/v1) in one "
    "process, without Ray: for development and small sites.",
)
@click.option(
    "--engine-key-env", metavar="NAME", help="The environment variable with the key that --engine wants."
)
@click.option(
    "--without-ray",
    is_flag=True,
    help="Serve the policy of --config in one process, too; its engines must all run elsewhere.",
)
@click.option("--host", help="Where to listen with --engine or --without-ray.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where to listen."
)
@click.option(
    "--keys",
    "keys_path",
    type=click.Path(path_type=Path),
    help="Who may use the gateway: a file of entries that `dragoman key` makes.",
)
@click.option(
    "--cache-dir",
    type=click.Path(path_type=Path),
    help="Where the converted model is kept.  [default: $XDG_CACHE_HOME/dragoman or ~/.cache/dragoman]",
)
@click.option(
    "--replicas",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Gateway processes under Ray Serve.",
)
def serve(
    stopping: Stopping,
    policy_path: Path | None,
    engine_url: str | None,
    engine_key_env: str | None,
    without_ray: bool,
    host: str | None,
    port: int,
    keys_path: Path | None,
    cache_dir: Path | None,
    replicas: int,
) -> None:
    """Start the gateway and, unless --engine names one, its engines: vLLM replicas under Ray Serve.

    Prints the address, a key if there was none, and a request to try, then serves until Ctrl-C or SIGTERM. Both
    let requests in flight end first; a second Ctrl-C does not. SIGHUP reads the file of --config again.

    \b
    DRAGOMAN_API_KEY     a key that may do everything; without it and --keys, one is made and printed
    DRAGOMAN_ENGINE_KEY  what the gateway shows to its own engines; made at random without it
    DRAGOMAN_...         limits, queue, traces and more: docs/settings.md has the list

    Under Ray Serve the gateway listens on every interface, because Ray's HAProxy knows no other way.
    """
    stopping.check()
    read_policy = _one_process(policy_path, engine_url, engine_key_env, without_ray=without_ray)
    if host and not read_policy:
        raise click.UsageError("--host goes with --engine or --without-ray")
    try:
        settings, new_key = _settings(keys_path, port)
        if read_policy:
            stopping.leave()
            serve_process(read_policy, settings, Address(host or "127.0.0.1", port), new_key)
        else:
            policy = PolicyFile(policy_path or _DEFAULT_POLICY, cache_dir or default_cache_dir())
            serve_policy(policy, settings, Front(port, replicas, new_key), stopping)
    except DragomanError as error:
        click.echo(error.message, err=True)
        sys.exit(1)


def _one_process(
    policy_path: Path | None, engine_url: str | None, engine_key_env: str | None, *, without_ray: bool
) -> ReadPolicy | None:
    """How to read the policy where no Ray is wanted."""
    if engine_url is None:
        if engine_key_env:
            raise click.UsageError("--engine-key-env goes with --engine")
        return partial(load_policy, policy_path or _DEFAULT_POLICY) if without_ray else None
    if policy_path:
        raise click.UsageError("--config and --engine exclude each other: a policy names its engines itself")
    return partial(_policy_of_one_engine, engine_url, engine_key_env)


def _policy_of_one_engine(url: str, key_env: str | None) -> Policy:
    try:
        engine = HttpEngineSettings(urls=(url,), api_key_env=key_env)
    except ValidationError as error:
        wrong = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"--engine {url}: {wrong}") from None
    return Policy(engines={"engine": engine})


def _settings(keys_path: Path | None, port: int) -> tuple[Settings, str]:
    """The settings, and the key that was made for want of one."""
    fixed: dict[str, object] = {"keys_path": keys_path.absolute()} if keys_path else {}
    settings = read_settings(os.environ, **fixed)
    new_key = ""
    made: dict[str, object] = {}
    if "engine_base_url" not in settings.model_fields_set:
        made["engine_base_url"] = f"http://127.0.0.1:{port}"
    if not settings.engine_key:
        made["engine_key"] = secrets.token_urlsafe(32)
    if not settings.api_key and settings.keys_path is None:
        new_key, _ = generate_key("made by dragoman serve")
        made["api_key"] = new_key
    return settings.model_copy(update=made), new_key
