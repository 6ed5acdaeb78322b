"""``dragoman check-config``: is this policy file right, and what does it say?"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from routing.errors import ConfigError
from routing.policy import NO_RULE, NO_RULE_UNDETERMINED
from routing.policy_file import load_policy, public_view

View = Mapping[str, Any]


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def check_config(file: Path, as_json: bool) -> None:
    """Check the policy in FILE, and show its engines and its rules in the order in which they are tried.

    Everything wrong is printed with file and line, and the exit status is 1; warnings leave it at 0. Nothing
    is started, no engine is asked, and no secret is shown.
    """
    try:
        view = public_view(load_policy(file))
    except ConfigError as error:
        _show_errors(error.message.splitlines(), as_json)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"ok": True, "policy": view}, ensure_ascii=False, indent=2))
    else:
        _show_policy(view)


def _show_errors(errors: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"ok": False, "errors": errors}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(errors), err=True)


def _show_policy(view: View) -> None:
    console = Console(highlight=False)
    console.print(_engine_table(view["engines"]))
    if view["groups"]:
        console.print(_group_table(view["groups"]))
    console.print(_rule_table(view))
    for warning in view["warnings"]:
        console.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)


def _engine_table(engines: View) -> Table:
    rows = []
    for name, engine in engines.items():
        where = "\n".join(engine.get("urls") or [engine.get("model")])
        rows.append((name, engine["kind"], where, ", ".join(_served(engine)), engine["fallback"] or ""))
    return _table("Engines", ("name", "kind", "where or what", "serves", "fallback"), rows)


def _served(engine: View) -> list[str]:
    if engine["kind"] == "local":
        return [engine["served_name"], *engine["adapters"]]
    return engine["models"] or ["whatever it lists"]


def _group_table(groups: View) -> Table:
    return _table("Groups", ("name", "languages"), [(name, ", ".join(tags)) for name, tags in groups.items()])


def _rule_table(view: View) -> Table:
    rows = [
        (str(number), rule["name"], _conditions(rule["when"]), _strategy(rule["strategy"]))
        for number, rule in enumerate(view["rules"], 1)
    ]
    undetermined = (
        NO_RULE_UNDETERMINED,
        "no rule matched, language undetermined",
        _strategy(view["undetermined"]),
    )
    default = (NO_RULE, "no rule matched", _strategy(view["default"]))
    rows += [("", *undetermined), ("", *default)]
    return _table("Rules, first match wins", ("", "name", "when", "strategy"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        # As Text, since a name may hold what looks like markup.
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    return table


def _conditions(when: View) -> str:
    return "; ".join(f"{name} {_value(value)}" for name, value in when.items()) or "always"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{bound} {number:g}" for bound, number in value.items())
    return ", ".join(value) if isinstance(value, list) else json.dumps(value)


def _strategy(strategy: View) -> str:
    fields = {name: value for name, value in strategy.items() if name != "kind" and value is not None}
    return " ".join((strategy["kind"], *(f"{name}={_nested(value)}" for name, value in fields.items())))


def _nested(value: Any) -> str:
    return f"({_strategy(value)})" if isinstance(value, dict) and "kind" in value else str(value)
