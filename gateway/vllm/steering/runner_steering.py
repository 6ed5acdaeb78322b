"""What one worker steers with: its model, its profiles, and the batch in hand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from gateway.vllm.steering.binding import HELD_AT, LayerSteering, describe, find_routers
from gateway.vllm.steering.config import SteeringConfig
from gateway.vllm.steering.profile_table import NO_PROFILE, ProfileTable
from gateway.vllm.steering.token_rows import TokenRows
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel
from routing.steering.profile_file import read_profiles
from routing.steering.request import PROFILE_ARGUMENT, STRENGTH_ARGUMENT

if TYPE_CHECKING:
    from vllm.config import VllmConfig


@dataclass(frozen=True, slots=True, eq=False)
class RunnerSteering:
    """A model runner's steering, made once the weights are loaded and before anything is compiled or captured.

    runner_kind: ``v1`` or ``v2``, vLLM's model runner.
    tokens_steered: by profile, since the start. Each rank counts the whole batch.
    """

    runner_kind: str
    model: RoutedModel
    table: ProfileTable
    tokens: TokenRows
    tokens_steered: Counter[str] = field(default_factory=Counter)

    def assignment(self, arguments: Mapping[str, Any] | None) -> tuple[int, float]:
        """Row and strength of a request, by its ``vllm_xargs``, which were checked when it was admitted.

        A profile that is not loaded raises `KeyError`, which ends the engine: the core let nothing through that
        it did not know, so the ranks do not hold what they should, and an answer would be steered wrongly.
        """
        reference = arguments.get(PROFILE_ARGUMENT) if arguments else None
        if arguments is None or reference is None:
            return NO_PROFILE, 0.0
        return self.table.row(reference), float(arguments.get(STRENGTH_ARGUMENT, 1.0))

    def count(self, arguments: Mapping[str, Any] | None, tokens: int) -> None:
        """Adds a request's tokens of this step to the account of its profile, if it has one."""
        if arguments and PROFILE_ARGUMENT in arguments:
            self.tokens_steered[arguments[PROFILE_ARGUMENT]] += tokens


def bind_steering(
    model: nn.Module,
    config: SteeringConfig,
    vllm_config: "VllmConfig",
    device: torch.device,
    runner_kind: str,
) -> RunnerSteering:
    """Ties every router of the model to profiles and loads those of the configured folder.

    Raises `ConfigError` where a router cannot be steered or a profile does not fit.
    """
    routers = find_routers(model)
    routed_model = describe(routers, vllm_config.model_config)
    table = ProfileTable(routed_model, config.max_profiles, device)
    for profile in read_profiles(config.profiles) if config.profiles else ():
        table.load(profile)
    if table.free_rows < 0:
        raise ConfigError(f"{config.profiles}: holds more than max_profiles = {config.max_profiles}")
    tokens = TokenRows.allocate(vllm_config.scheduler_config.max_num_batched_tokens, device)
    for layer, router in routers.items():
        skips_idle = device.type == "cpu" and runner_kind == "v1"
        steering = LayerSteering(layer, table.weights[:, layer], table.kinds, tokens, skips_idle)
        setattr(router, HELD_AT, steering)
    return RunnerSteering(runner_kind, routed_model, table, tokens)
