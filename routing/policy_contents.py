"""A policy file as it is written: version 1."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.contract_settings import OFF, ContractSettings
from routing.engine_settings import EngineName, EngineSettings
from routing.labels import Label, Line
from routing.strategies.direct import Direct
from routing.strategy import Strategy
from routing.when import When


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleContents(_Part):
    """One rule: what a request must be like, and what is then done. Without a contract it has the policy's."""

    name: Label
    when: When = When()
    strategy: Strategy
    contract: ContractSettings | None = None


class PolicyContents(_Part):
    """The whole file; see docs/policy.md."""

    version: Literal[1]
    engines: dict[EngineName, EngineSettings] = Field(min_length=1)
    groups: dict[Label, tuple[Label, ...]] = Field(default_factory=dict)
    rules: tuple[RuleContents, ...] = ()
    default: Strategy = Direct()
    undetermined: Strategy = Direct()
    contract: ContractSettings = OFF
    prompts: dict[Line, dict[Line, str]] = Field(default_factory=dict)
