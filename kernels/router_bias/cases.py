"""Inputs of the router bias that its tests and its benchmark share."""

from dataclasses import dataclass

import torch
from torch import Tensor

from kernels.router_bias.profile import Kind


@dataclass(frozen=True, slots=True)
class Case:
    """The arguments of one call, and a name that says what is special about it."""

    name: str
    logits: Tensor
    weights: Tensor
    kinds: Tensor
    token_profiles: Tensor
    token_strengths: Tensor

    @property
    def profile_arguments(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Everything but the logits, which a call changes."""
        return self.weights, self.kinds, self.token_profiles, self.token_strengths


def make_case(name: str, tokens: int, experts: int, dtype: torch.dtype, *, profiles: int = 7) -> Case:
    """A mixed batch: row 0 is no steering, the others take each kind in turn, with weights of both signs."""
    noise = torch.Generator().manual_seed(tokens * 1000 + experts)
    weights = torch.randn(profiles, experts, generator=noise)
    weights[torch.rand(profiles, experts, generator=noise) < 0.7] = 0
    weights[0] = 0
    return Case(
        name=name,
        logits=(torch.randn(tokens, experts, generator=noise) * 3).to(dtype),
        weights=weights,
        kinds=torch.arange(profiles, dtype=torch.int32) % len(Kind),
        token_profiles=torch.randint(0, profiles, (tokens,), generator=noise, dtype=torch.int32),
        token_strengths=torch.rand(tokens, generator=noise) + 0.25,
    )


def all_cases() -> list[Case]:
    """Small ones: the models that are steered, widths that are no power of two, one token and none."""
    return [
        make_case("Qwen3-30B-A3B, bfloat16", 9, 128, torch.bfloat16),
        make_case("OLMoE, float32", 9, 64, torch.float32),
        make_case("GPT-OSS, float16", 9, 32, torch.float16),
        make_case("DeepSeek-V2-Lite with a shared expert, bfloat16", 5, 66, torch.bfloat16),
        make_case("Mixtral, one token", 1, 8, torch.float32),
        make_case("no token", 0, 16, torch.bfloat16),
        _with_rows_apart(make_case("rows apart", 6, 16, torch.float32)),
        _with_long_buffers(make_case("buffers longer than the batch", 6, 16, torch.bfloat16)),
        _with_equal_logits(make_case("equal logits", 6, 16, torch.bfloat16)),
    ]


def _with_rows_apart(case: Case) -> Case:
    tokens, experts = case.logits.shape
    apart = torch.full((tokens, experts + 5), 1e9)
    apart[:, :experts] = case.logits
    return Case(case.name, apart[:, :experts], *case.profile_arguments)


def _with_long_buffers(case: Case) -> Case:
    # Past the batch a buffer holds what an earlier batch left there: here, what would show.
    profiles = torch.cat([case.token_profiles, torch.full((10,), 2, dtype=torch.int32)])
    strengths = torch.cat([case.token_strengths, torch.full((10,), 1e9)])
    return Case(case.name, case.logits, case.weights, case.kinds, profiles, strengths)


def _with_equal_logits(case: Case) -> Case:
    return Case(case.name, torch.full_like(case.logits, -2.5), *case.profile_arguments)
