"""The profiles that a worker holds, as the tensors that the kernel reads."""

import hashlib
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from kernels.router_bias import Kind, check_profile
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel, check_match
from routing.steering.profile import Profile

_KINDS = {"additive": Kind.ADDITIVE, "soft": Kind.SOFT, "hard": Kind.HARD}
NO_PROFILE = 0
"""The row of tokens that are not steered, and of padding: zeros, always."""


class ProfileTable:
    """Rows of profiles in two tensors that are allocated once and only ever written in place.

    A CUDA graph keeps the addresses that it was captured with, so neither tensor may be replaced.

    weights: [rows, layers, experts] float32. kinds: [rows] int32. Row 0 is `NO_PROFILE`; one row more than
        `max_profiles` lets the canary in where the profiles take all that they may.
    """

    def __init__(self, model: RoutedModel, max_profiles: int, device: torch.device) -> None:
        self._model = model
        self._max_profiles = max_profiles
        self.weights = torch.zeros(max_profiles + 2, model.depth, model.experts, device=device)
        self.kinds = torch.zeros(max_profiles + 2, dtype=torch.int32, device=device)
        self._loaded: dict[str, tuple[int, Profile]] = {}
        self._layers: dict[int, frozenset[int]] = {}

    @property
    def references(self) -> tuple[str, ...]:
        """The loaded profiles, in the order of their rows."""
        return tuple(sorted(self._loaded, key=self.row))

    @property
    def free_rows(self) -> int:
        """How many more profiles can be loaded."""
        return self._max_profiles - len(self._loaded)

    def row(self, reference: str) -> int:
        """The row of a loaded profile. Raises `KeyError`."""
        return self._loaded[reference][0]

    def layers(self, rows: Iterable[int]) -> frozenset[int]:
        """The layers that the profiles in any of the rows change."""
        return frozenset().union(*(self._layers.get(row, frozenset()) for row in rows))

    def load(self, profile: Profile) -> None:
        """Writes a profile into a free row; nothing happens where it is loaded already.

        Raises `ConfigError` where it does not fit the model, would derail it, or no row is free.
        """
        check_match(profile, self._model)
        kind = _KINDS[profile.kind]
        check_layers(profile, self._model.experts_per_token)
        if profile.reference in self._loaded:
            return
        taken = {row for row, _ in self._loaded.values()}
        row = next((row for row in range(1, len(self.kinds)) if row not in taken), None)
        if row is None:
            raise ConfigError(f"no room for profile {profile.reference}: {len(taken)} are loaded")
        self._write(row, kind, torch.from_numpy(profile.weights.copy()))
        self._loaded[profile.reference] = (row, profile)
        self._layers[row] = frozenset(np.flatnonzero(profile.weights.any(axis=1)).tolist())

    def retire(self, reference: str) -> None:
        """Frees a profile's row. No token may refer to it any more. Raises `KeyError`."""
        row, _ = self._loaded.pop(reference)
        del self._layers[row]
        self._write(row, Kind.ADDITIVE, torch.zeros_like(self.weights[row], device="cpu"))

    def _write(self, row: int, kind: Kind, weights: Tensor) -> None:
        self.kinds[row] = kind.value
        self.weights[row].copy_(weights)

    def digest(self) -> str:
        """SHA-256, in hex, of what the tensors hold now and which profile is in which row. Reads the device back."""
        rows = ",".join(f"{row}={reference}" for reference, (row, _) in sorted(self._loaded.items()))
        hashed = hashlib.sha256(rows.encode())
        hashed.update(self.weights.cpu().numpy().tobytes())
        hashed.update(self.kinds.cpu().numpy().tobytes())
        return hashed.hexdigest()


def check_layers(profile: Profile, experts_per_token: int) -> None:
    """Raises `ConfigError` where a layer's weights would derail a model whose tokens have so many experts."""
    for layer, weights in enumerate(profile.weights.tolist()):
        try:
            check_profile(_KINDS[profile.kind], weights, experts_per_token)
        except ValueError as error:
            raise ConfigError(f"profile {profile.name}, layer {layer}: {error}") from None
