"""``dragoman leave``: the end of a pod in a cluster of Ray's, without a lost request."""

import sys

import click

from gateway.ray_serve.leaving import leave_cluster, raylet_here
from routing.errors import ConfigError


@click.command("leave")
@click.option(
    "--within", "within_s", type=click.FloatRange(min=1), default=690.0, show_default=True, metavar="SECONDS"
)
def leave(within_s: float) -> None:
    """Hand over what Ray Serve runs on this machine to others of its cluster, and wait until nothing is left.

    For a pod's preStop, since Ray ends within seconds of SIGTERM and breaks off every answer. Where something is left
    after SECONDS, the exit status is 1.
    """
    try:
        is_left = leave_cluster(raylet_here(), within_s)
    except ConfigError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    if not is_left:
        click.echo(f"after {within_s:g} s answers are still under way here", err=True)
        sys.exit(1)
