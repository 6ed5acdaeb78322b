"""Which model a profile fits."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.errors import ConfigError
from routing.steering.profile import Profile

# What decides the meaning of "expert 17 of layer 5", by the names that models give it. Not the whole configuration:
# versions of transformers add keys and fill in defaults.
_TELLING_KEYS = (
    "model_type",
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "moe_intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_experts",
    "num_local_experts",
    "n_routed_experts",
    "num_experts_per_tok",
)


@dataclass(frozen=True, slots=True)
class RoutedModel:
    """A mixture-of-experts model as an engine has loaded it.

    model, revision: as Hugging Face names them; None where it came from a folder, or was not said.
    config_hash: `config_hash` of its text configuration.
    depth: layers, with or without a router. routed_layers: those with one, ascending.
    experts: of a layer. experts_per_token: how many the router picks.
    """

    model: str | None
    revision: str | None
    config_hash: str
    depth: int
    routed_layers: tuple[int, ...]
    experts: int
    experts_per_token: int


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of what a model's text configuration (``config.json``) says of its shape.

    Models of one shape share it, a model and its fine-tunes among them: it keeps a profile from a model that it
    cannot mean, no more.
    """
    told = {key: config[key] for key in _TELLING_KEYS if config.get(key) is not None}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def check_match(profile: Profile, model: RoutedModel) -> None:
    """Raises `ConfigError` where the profile was made for another model, or steers where there is no router."""
    origin = profile.origin
    if profile.weights.shape != (model.depth, model.experts):
        layers, experts = profile.weights.shape
        raise ConfigError(
            f"profile {profile.name} is for {layers} layers of {experts} experts; "
            f"the model has {model.depth} of {model.experts}"
        )
    if origin.config_hash != model.config_hash:
        raise ConfigError(
            f"profile {profile.name} was made for a model of another configuration ({origin.model})"
        )
    if model.model is not None and origin.model != model.model:
        raise ConfigError(
            f"profile {profile.name} was made for {origin.model}; the engine serves {model.model}"
        )
    if None not in (model.revision, origin.model_revision) and model.revision != origin.model_revision:
        raise ConfigError(
            f"profile {profile.name} was made for revision {origin.model_revision}; "
            f"the engine serves {model.revision}"
        )
    _check_layers(profile, model)


def _check_layers(profile: Profile, model: RoutedModel) -> None:
    steered = set(np.flatnonzero(profile.weights.any(axis=1)).tolist())
    without_router = sorted(steered - set(model.routed_layers))
    if without_router:
        raise ConfigError(f"profile {profile.name} steers layers {without_router}, which have no router")
