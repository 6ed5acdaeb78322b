"""What a gateway that has just started tells its operator."""

import json
import shlex

import click


def invite(url: str, new_key: str, model: str) -> None:
    """Prints the address, and a request that can be pasted into another terminal.

    new_key: the key that was made for this start, which is shown here and nowhere else; empty where there were keys.
    """
    if new_key:
        click.echo(f"No keys were given, so this start has one of its own, shown this once:\n\n    {new_key}")
    question = {"role": "user", "content": "¿Cuál es la capital de Italia?"}
    body = json.dumps({"model": model, "messages": [question], "max_tokens": 60}, ensure_ascii=False)
    click.echo(
        f"""
Dragoman is ready at {url}. Try it:

    export DRAGOMAN_API_KEY={new_key or "...   # the key"}
    curl -i {url}/v1/chat/completions \\
      -H "Authorization: Bearer $DRAGOMAN_API_KEY" -H "Content-Type: application/json" \\
      -d {shlex.quote(body)}

Ctrl-C ends it.
"""
    )
