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

from routing.contract_settings import ContractSettings
from routing.errors import ConfigError
from routing.policy import NO_RULE, NO_RULE_UNDETERMINED, Policy, Rule
from routing.policy_file import load_policy, public_view
from routing.strategy import Strategy
from routing.when import When

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
        policy = load_policy(file)
    except ConfigError as error:
        _show_errors(error.message.splitlines(), as_json)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"ok": True, "policy": public_view(policy)}, ensure_ascii=False, indent=2))
    else:
        _show_policy(policy)


def _show_errors(errors: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"ok": False, "errors": errors}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(errors), err=True)


def _show_policy(policy: Policy) -> None:
    view = public_view(policy)
    console = Console(highlight=False)
    console.print(_engine_table(view["engines"]))
    if view["groups"]:
        console.print(_group_table(view["groups"]))
    console.print(_rule_table(policy))
    console.print(Text(f"Contract, where a rule has none of its own: {_contract(policy.contract)}"))
    for warning in policy.warnings:
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


def _rule_table(policy: Policy) -> Table:
    rows = [
        (str(number), rule.name, _conditions(rule.when), _done(rule, policy.contract))
        for number, rule in enumerate(policy.rules, 1)
    ]
    rows += [
        ("", NO_RULE_UNDETERMINED, "no rule matched, language undetermined", _strategy(policy.undetermined)),
        ("", NO_RULE, "no rule matched", _strategy(policy.default)),
    ]
    return _table("Rules, first match wins", ("", "name", "when", "what is done"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        # As Text, since a name may hold what looks like markup.
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    return table


def _conditions(when: When) -> str:
    written = when.model_dump(mode="json", exclude_unset=True)
    return "; ".join(f"{name} {_value(value)}" for name, value in written.items()) or "always"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{bound} {number:g}" for bound, number in value.items())
    return ", ".join(value) if isinstance(value, list) else json.dumps(value)


def _done(rule: Rule, usual: ContractSettings) -> str:
    """Strategy and contract as the file says them: what it leaves out is in docs/strategies.md."""
    done = _strategy(rule.strategy)
    return done if rule.contract == usual else f"{done}\ncontract {_contract(rule.contract)}"


def _strategy(strategy: Strategy) -> str:
    return _said({"kind": strategy.kind, **strategy.model_dump(mode="json", exclude_unset=True)})


def _contract(contract: ContractSettings) -> str:
    said = contract.model_dump(mode="json", exclude_unset=True, exclude={"level"})
    return _said({"kind": contract.level, **said})


def _said(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    if not isinstance(value, dict):
        return value if isinstance(value, str) else json.dumps(value)
    fields = [f"{name}={_nested(each)}" for name, each in value.items() if name != "kind"]
    return " ".join([value["kind"], *fields] if "kind" in value else fields)


def _nested(value: Any) -> str:
    return f"({_said(value)})" if isinstance(value, dict) else _said(value)
