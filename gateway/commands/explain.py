"""``dragoman explain``: what a policy would do with a request, without doing it."""

from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from gateway.explain import explanation
from gateway.keys import generate_key
from gateway.ledger import Ledger
from gateway.openai.parse import parse_object
from gateway.routes.generations import KINDS, endpoint_of
from gateway.settings import Limits
from gateway.trip import Plan, admit, plan
from routing.detection.detector import load_detector
from routing.errors import DragomanError
from routing.policy import Policy
from routing.policy_file import load_policy, parse_policy


@click.command()
@click.argument("text", nargs=-1)
@click.option("--config", type=click.Path(path_type=Path), help="The policy file; else the one for the demo.")
@click.option(
    "--model", default="smollm2-135m-instruct", show_default=True, help="The model asked for, with TEXT."
)
@click.option(
    "--request",
    "request_file",
    type=click.File("rb"),
    help="A request's JSON instead of TEXT; - for standard input.",
)
@click.option("--accept-language", help="The header of that name, as a client may send it.")
def explain(
    text: tuple[str, ...],
    config: Path | None,
    model: str,
    request_file: BinaryIO | None,
    accept_language: str | None,
) -> None:
    """Show what would be done with a request, as JSON: its language, the rule that matches, the strategy.

    No engine is called. The same over HTTP is POST /v1/dragoman/explain.

    \b
    Examples:
      dragoman explain "दिल्ली में आज मौसम कैसा है?"
      dragoman explain --config policy.yaml --request request.json
    """
    if text and request_file:
        raise click.UsageError("Give a TEXT or --request, not both.")
    try:
        body = parse_object(request_file.read()) if request_file else _chat(" ".join(text), model)
        made = _plan(body, _policy(config), accept_language)
    except DragomanError as error:
        raise click.ClickException(error.message) from error
    click.echo(orjson.dumps(explanation(made, Ledger()), option=orjson.OPT_INDENT_2))


def _chat(text: str, model: str) -> dict[str, Any]:
    if not text:
        raise click.UsageError("Give a TEXT or --request.")
    return {"model": model, "messages": [{"role": "user", "content": text}]}


def _policy(config: Path | None) -> Policy:
    if config is not None:
        return load_policy(config)
    text = resources.files("gateway").joinpath("default_policy.yaml").read_text("utf-8")
    return parse_policy(text, "default_policy.yaml")


def _plan(body: dict[str, Any], policy: Policy, accept_language: str | None) -> Plan:
    _, operator = generate_key("command-line")
    endpoint = endpoint_of(body)
    admitted = admit(
        Limits(), operator.model_copy(update={"may_choose": True}), body, endpoint, KINDS[endpoint]
    )
    return plan(load_detector(), policy, admitted, accept_language)
