"""Profiles for the tiny models."""

import numpy as np

from routing.steering.profile import Origin, Profile, ProfileKind, make_profile
from tests.gateway.vllm.steering.tiny_models import EXPERTS, LAYERS


def random_profile(
    name: str, kind: ProfileKind, config_hash: str, *, seed: int = 0, layers: tuple[int, ...] = (0, 1, 2)
) -> Profile:
    """Two experts pulled and one pushed in each of the layers: strong enough that answers change."""
    noise = np.random.default_rng(seed)
    weights = np.zeros((LAYERS, EXPERTS), np.float32)
    for layer in layers:
        first, second, third = noise.permutation(EXPERTS)[:3]
        weights[layer, [first, second]] = 1.5
        weights[layer, third] = -1.0
    return make_profile(name, kind, weights, Origin(model="tiny", config_hash=config_hash))


def random_prompt(seed: int, length: int) -> tuple[int, ...]:
    return tuple(np.random.default_rng(seed).integers(5, 500, length).tolist())
