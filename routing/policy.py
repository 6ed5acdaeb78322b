"""The policy: which strategy a request gets, decided by the first rule that matches it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.conditions import Condition, Features
from routing.contract_settings import OFF, ContractSettings
from routing.engine_settings import EngineSettings
from routing.language import UNDETERMINED
from routing.language_ranges import ranges_of
from routing.prompts import Prompts, shipped_prompts
from routing.strategies.direct import Direct
from routing.strategy import Strategy
from routing.when import Groups, When

__all__ = ["Choice", "Features", "Policy", "Rule", "choose"]

NO_RULE = "default"
NO_RULE_UNDETERMINED = "undetermined"
"""What a choice names where no rule matched; no rule may be called so."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A strategy, and the conditions for it.

    when: the conditions as written; ``conditions`` are the same, ready to be checked.
    """

    name: str
    when: When
    strategy: Strategy
    conditions: tuple[Condition, ...] = ()
    contract: ContractSettings = OFF

    def covers(self, later: "Rule") -> bool:
        """Whether this rule takes every request that the later one could match."""
        return all(any(mine.covers(its) for its in later.conditions) for mine in self.conditions)


@dataclass(frozen=True, slots=True)
class Choice:
    """The strategy and the contract of a request, and the name of the rule that gave them."""

    rule: str
    strategy: Strategy
    contract: ContractSettings = OFF


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that a site decides about its gateway; read from a file by routing/policy_file.py.

    engines: by name, in the file's order. Where several serve a model, the first is asked.
    default: for requests that no rule matches.
    undetermined: the same for requests whose language could not be told.
    contract: for requests that no rule matches.
    prompts: the shipped ones with the policy's own in place of some.
    warnings: what is odd about the file though not wrong, each with its place.
    """

    engines: Mapping[str, EngineSettings]
    groups: Groups = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    default: Strategy = field(default_factory=Direct)
    undetermined: Strategy = field(default_factory=Direct)
    contract: ContractSettings = OFF
    prompts: Prompts = field(default_factory=shipped_prompts)
    warnings: tuple[str, ...] = ()


def choose(policy: Policy, features: Features) -> Choice:
    """The strategy of the first rule whose conditions all hold, else the policy's default.

    Never raises, whatever the features.
    """
    for rule in policy.rules:
        for condition in rule.conditions:
            if not condition.holds(features):
                break
        else:
            return Choice(rule.name, rule.strategy, rule.contract)
    if ranges_of(features.language)[-1] == UNDETERMINED:
        return Choice(NO_RULE_UNDETERMINED, policy.undetermined, policy.contract)
    return Choice(NO_RULE, policy.default, policy.contract)
