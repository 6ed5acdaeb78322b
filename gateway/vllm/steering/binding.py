"""Finding a model's routers, and being sure that they are all of them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from vllm.model_executor.layers.fused_moe.router.zero_expert_router import ZeroExpertRouter
from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner
from vllm.model_executor.layers.fused_moe.runner.moe_runner_interface import MoERunnerInterface

from gateway.vllm.steering.token_rows import TokenRows
from kernels.router_bias import router_bias
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel, config_hash

if TYPE_CHECKING:
    from vllm.config import ModelConfig


HELD_AT = "dragoman_steering"
"""The attribute of a layer, and of what holds a whole model's steering, by which the hooks find it again."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerSteering:
    """What one layer's router is steered by.

    weights: [rows, experts] float32, a view of the profile table.
    skips_idle: nothing is done where the host knows that the batch leaves this layer alone.
    limits: the most tokens that logits may have, and their experts.
    """

    layer: int
    weights: Tensor
    kinds: Tensor
    tokens: TokenRows
    skips_idle: bool
    limits: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        # Asked of the tensors in every call this would be a twentieth of what the hook costs.
        object.__setattr__(self, "limits", (self.tokens.rows.shape[0], self.weights.shape[1]))

    def steered(self, logits: Tensor) -> Tensor:
        """Logits [tokens, experts], in the batch's order of tokens, as steered: others, or themselves if left alone.

        Never in place, for a model that computes the logits itself may use them again, and vLLM's operation around us
        does not declare that it changes them. Raises `ConfigError` for more tokens than a batch has, or other experts:
        the kernel would read past what is told of them. vLLM's run at the start meets the longest batch.
        """
        tokens, experts = logits.shape
        if tokens > self.limits[0] or experts != self.limits[1]:
            raise ConfigError(f"router steering: layer {self.layer} has logits of {tokens} x {experts}")
        if self.skips_idle and self.layer not in self.tokens.layers:
            return logits
        return router_bias(logits, self.weights, self.kinds, self.tokens.rows, self.tokens.strengths)


def find_routers(model: nn.Module) -> dict[int, MoERunner]:
    """The layers with a router, by their number, ascending.

    Raises `ConfigError` where there is none, or one that does not pass where the hook is: a model half steered
    would answer as if nothing were wrong.
    """
    runners = [module for module in model.modules() if isinstance(module, MoERunnerInterface)]
    for runner in runners:
        _check_runner(runner)
    found = {runner.layer_id: runner for runner in runners}
    if not found:
        raise ConfigError("router steering: the model has no router that passes through vLLM's MoERunner")
    if len(found) != len(runners):
        raise ConfigError("router steering: the model has two routers in one layer")
    return dict(sorted(found.items()))


def _check_runner(runner: MoERunnerInterface) -> None:
    if type(runner) is not MoERunner:
        raise ConfigError(f"router steering does not know {type(runner).__name__} ({runner.layer_name})")
    if runner._fse_fuse_gate:
        raise ConfigError("router steering: the shared expert's gate is fused with the router's")
    if isinstance(runner.router, ZeroExpertRouter):
        raise ConfigError("router steering does not know routers with zero experts")


def describe(routers: dict[int, MoERunner], model_config: "ModelConfig") -> RoutedModel:
    """What a profile is compared with. Raises `ConfigError` where the layers' routers are not alike."""
    shapes = {(moe.num_logical_experts, moe.experts_per_token) for moe in _moe_configs(routers)}
    if len(shapes) > 1:
        raise ConfigError(f"router steering: layers differ in (experts, experts per token): {sorted(shapes)}")
    experts, experts_per_token = shapes.pop()
    text_config = model_config.hf_text_config
    is_folder = Path(model_config.model).exists()
    return RoutedModel(
        model=None if is_folder else model_config.model,
        revision=None if is_folder else model_config.revision,
        config_hash=config_hash(text_config.to_dict()),
        depth=text_config.num_hidden_layers,
        routed_layers=tuple(routers),
        experts=experts,
        experts_per_token=experts_per_token,
    )


def _moe_configs(routers: dict[int, MoERunner]) -> list[Any]:
    return [runner.moe_config for runner in routers.values()]
