"""A steering profile: what is added to a mixture-of-experts model's router, layer by layer and expert by expert."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, StringConstraints

from routing.errors import ConfigError

ProfileKind = Literal["additive", "soft", "hard"]
"""How the weights act on the router's logits; `kernels.router_bias` has the formulas (arXiv 2510.04694, 4 and 5)."""

ProfileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""Part of a URL, of a metric's label and of a request."""

ReferenceText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}@[0-9a-f]{16}$")]
"""A profile as requests name it, `Profile.reference`."""

_REFERENCE_DIGITS = 16


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Text that a profile was computed from: what it is, in which language, and how much of it was read."""

    name: str
    language: str
    sequences: NonNegativeInt
    tokens: NonNegativeInt


class Origin(_Frozen):
    """Where a profile comes from and what it is for. None stands for what is not known.

    model, model_revision: the model that it was computed on, as Hugging Face names it.
    config_hash: `routing.steering.model_match.config_hash` of that model; a profile acts on no other.
    task, languages: what it was computed for; languages are BCP-47 tags.
    threshold: τ; experts whose share in the task exceeds their share in general text by more were chosen.
    unit: λ; already inside the weights of a soft profile.
    layers: first and last steered layer, inclusive.
    sources: the text that was read, with counts.
    tool_version: of Dragoman, that wrote it.
    """

    model: str
    config_hash: str
    model_revision: str | None = None
    task: str | None = None
    languages: tuple[str, ...] = ()
    threshold: float | None = None
    unit: float | None = None
    layers: tuple[NonNegativeInt, NonNegativeInt] | None = None
    sources: tuple[Source, ...] = ()
    tool_version: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A profile whose values are right: `make_profile` checks them.

    weights: [layers, experts] float32, read-only, finite. Rows are the model's layers from 0, those without a
        router among them; 0 leaves an expert alone.
    """

    name: str
    kind: ProfileKind
    weights: NDArray[np.float32]
    origin: Origin

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of all that changes what a model computes: the kind and the weights."""
        layers, experts = self.weights.shape
        head = f"dragoman router profile 1 {self.kind} {layers} {experts} ".encode()
        # -0.0 steers as 0.0 does: adding 0.0 makes their bits alike.
        numbers = (self.weights + np.float32(0)).astype("<f4").tobytes()
        return hashlib.sha256(head + numbers).hexdigest()

    @property
    def reference(self) -> str:
        """``name@`` and the first 16 digits of the hash: a name alone could come to mean something else."""
        return f"{self.name}@{self.content_hash[:_REFERENCE_DIGITS]}"


class _Head(_Frozen):
    name: ProfileName
    kind: ProfileKind


def make_profile(name: str, kind: str, weights: NDArray[np.float32], origin: Origin) -> Profile:
    """A profile of these weights, [layers, experts], which are copied. Raises `ConfigError` where one is wrong."""
    try:
        head = _Head.model_validate({"name": name, "kind": kind})
    except ValueError:
        raise ConfigError(
            f"a profile has a name of letters, digits and ._- and the kind additive, soft or hard; "
            f"this one has {name!r} and {kind!r}"
        ) from None
    if weights.dtype != np.float32 or weights.ndim != 2 or 0 in weights.shape:
        raise ConfigError(
            f"profile {name}: weights must be float32 [layers, experts], not {weights.dtype} {weights.shape}"
        )
    if not np.isfinite(weights).all():
        raise ConfigError(f"profile {name}: weights must be finite")
    own = weights.copy()
    own.setflags(write=False)
    return Profile(head.name, head.kind, own, origin)
