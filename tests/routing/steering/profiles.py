from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing.steering.profile import Origin, Profile, ProfileKind, Source, make_profile

CONFIG_HASH = "c" * 64


def origin(config_hash: str = CONFIG_HASH) -> Origin:
    return Origin(
        model="maker/model-moe",
        config_hash=config_hash,
        model_revision="abc123",
        task="数学",
        languages=("sw", "hi-Latn", "zh-Hant"),
        threshold=0.4,
        unit=0.5,
        layers=(1, 2),
        sources=(Source(name="प्रश्न", language="hi", sequences=3, tokens=120),),
        tool_version="0.1.0",
    )


def weights(layers: int = 4, experts: int = 8, seed: int = 0) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(size=(layers, experts)).astype(np.float32)
    noise[0] = 0
    return noise


def profile(name: str = "maths-sw", kind: ProfileKind = "soft", seed: int = 0) -> Profile:
    return make_profile(name, kind, weights(seed=seed), origin())


def with_config_hash(made: Profile, config_hash: str) -> Profile:
    return replace(made, origin=origin(config_hash))
