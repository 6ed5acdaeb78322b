"""The command ``dragoman``."""

import click

from gateway.commands.calibrate import calibrate
from gateway.commands.check_config import check_config
from gateway.commands.detect import detect
from gateway.commands.explain import explain
from gateway.commands.fertility import fertility
from gateway.commands.key import key
from gateway.commands.metrics import metrics
from gateway.commands.profile import profile
from gateway.commands.serve import serve
from gateway.commands.version import version


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Dragoman: an OpenAI-compatible gateway that closes the language gap of open-weight models.

    `dragoman serve` starts it, with a small model of its own if nothing else is named.
    """


for command in (serve, calibrate, check_config, detect, explain, fertility, key, metrics, profile, version):
    main.add_command(command)
