"""``dragoman key``: makes a key for the gateway."""

import json
import re

import click
from pydantic import ValidationError

from gateway.keys import ENVIRONMENT_KEY, generate_key


@click.command("key")
@click.argument("name")
def key(name: str) -> None:
    """Make a key called NAME: its secret, shown this once, and the entry to paste into the keys file.

    The entry holds a hash alone, so the file gives nobody a key. docs/keys.md says what else an entry may have.
    """
    if name == ENVIRONMENT_KEY:
        raise click.BadParameter("is what the key in DRAGOMAN_API_KEY is called", param_hint="NAME")
    try:
        secret, entry = generate_key(name)
    except ValidationError as error:
        wrong = error.errors()[0]["msg"].removeprefix("Value error, ")
        told = re.sub("^(Input|String) should", "must", wrong)
        raise click.BadParameter(told, param_hint="NAME") from error
    click.echo("# The secret, for whoever uses the key. It is not kept anywhere:")
    click.echo(secret)
    click.echo("\n# The entry, for the list `keys:` of the keys file:")
    # A JSON string is a quoted YAML string, in any script.
    click.echo(f"- name: {json.dumps(entry.name, ensure_ascii=False)}\n  sha256: {entry.sha256}")
