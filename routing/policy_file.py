"""A policy read from its file, and shown to those who ask for it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from routing.document import Document
from routing.engine_settings import EngineSettings, HttpEngineSettings
from routing.errors import ConfigError
from routing.policy import Policy, Rule
from routing.policy_checks import problems, rules_in_vain
from routing.policy_contents import PolicyContents, RuleContents
from routing.prompts import shipped_prompts
from routing.validation import report, validated
from routing.when import conditions_of
from routing.yaml_reader import read_document, read_file


def load_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises `ConfigError` where it cannot be read or is wrong; the message has a line for each problem:
    ``file:line: key.path: what is wrong, what is allowed``. Blocks: some 20 ms per 100 lines.
    """
    return _policy(read_file(path))


def parse_policy(text: str | bytes, source_name: str) -> Policy:
    """The policy in a text; ``source_name`` stands for the file in messages. Raises as `load_policy` does."""
    return _policy(read_document(text, source_name))


def public_view(policy: Policy) -> dict[str, Any]:
    """The policy as JSON values that anyone with a key may see: no credentials are among them."""
    return {
        "version": 1,
        "engines": {name: _public_engine(engine) for name, engine in policy.engines.items()},
        "groups": {name: list(languages) for name, languages in policy.groups.items()},
        "rules": [_public_rule(rule) for rule in policy.rules],
        "default": policy.default.model_dump(mode="json"),
        "undetermined": policy.undetermined.model_dump(mode="json"),
        "contract": policy.contract.model_dump(mode="json"),
        "warnings": list(policy.warnings),
    }


def _policy(document: Document) -> Policy:
    contents = validated(document, PolicyContents)
    wrong = tuple(problems(contents))
    if wrong:
        raise ConfigError(report(document, wrong))
    rules = tuple(_rule(rule, contents) for rule in contents.rules)
    return Policy(
        engines=contents.engines,
        groups=contents.groups,
        rules=rules,
        default=contents.default,
        undetermined=contents.undetermined,
        contract=contents.contract,
        prompts=shipped_prompts().replaced_by(contents.prompts),
        warnings=tuple(document.message(problem) for problem in rules_in_vain(rules)),
    )


def _rule(rule: RuleContents, contents: PolicyContents) -> Rule:
    conditions = conditions_of(rule.when, contents.groups)
    return Rule(rule.name, rule.when, rule.strategy, conditions, rule.contract or contents.contract)


def _public_rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "when": rule.when.model_dump(mode="json", exclude_unset=True),
        "strategy": rule.strategy.model_dump(mode="json"),
        "contract": rule.contract.model_dump(mode="json"),
    }


def _public_engine(engine: EngineSettings) -> dict[str, Any]:
    shown = engine.model_dump(mode="json")
    if isinstance(engine, HttpEngineSettings):
        shown["urls"] = [_without_credentials(url) for url in engine.urls]
    return shown


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
