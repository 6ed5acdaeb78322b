"""``dragoman serve``: the gateway with its own engines under Ray Serve, or in front of somebody else's."""

import os
import secrets
import sys
from importlib import resources
from pathlib import Path

import click

from gateway.commands.serve_engine import serve_engine
from gateway.commands.serve_policy import PolicyFile, serve_policy
from gateway.embedded_model import default_cache_dir
from gateway.environment import read_settings
from gateway.keys import generate_key
from gateway.settings import Settings
from routing.errors import DragomanError

_DEFAULT_POLICY = Path(str(resources.files("gateway") / "default_policy.yaml"))


@click.command("serve")
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
@click.option("--host", help="Where to listen with --engine.  [default: 127.0.0.1]")
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
    policy_path: Path | None,
    engine_url: str | None,
    engine_key_env: str | None,
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
    if engine_url is None and (host or engine_key_env):
        raise click.UsageError("--host and --engine-key-env go with --engine")
    if engine_url is not None and policy_path:
        raise click.UsageError("--config and --engine exclude each other: a policy names its engines itself")
    try:
        settings = _settings(keys_path, port)
        if engine_url is not None:
            serve_engine(engine_url, engine_key_env, settings, host or "127.0.0.1", port)
        else:
            policy = PolicyFile(policy_path or _DEFAULT_POLICY, cache_dir or default_cache_dir())
            serve_policy(policy, settings, port, replicas)
    except DragomanError as error:
        click.echo(error.message, err=True)
        sys.exit(1)


def _settings(keys_path: Path | None, port: int) -> Settings:
    fixed: dict[str, object] = {"keys_path": keys_path.absolute()} if keys_path else {}
    settings = read_settings(os.environ, **fixed)
    made: dict[str, object] = {}
    if "engine_base_url" not in settings.model_fields_set:
        made["engine_base_url"] = f"http://127.0.0.1:{port}"
    if not settings.engine_key:
        made["engine_key"] = secrets.token_urlsafe(32)
    if not settings.api_key and settings.keys_path is None:
        made["api_key"] = _key_of_this_start()
    return settings.model_copy(update=made)


def _key_of_this_start() -> str:
    api_key, _ = generate_key("made by dragoman serve")
    click.echo(f"No keys were given, so this start has one of its own, shown this once:\n\n    {api_key}\n")
    return api_key
