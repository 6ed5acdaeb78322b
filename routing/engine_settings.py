"""What a policy says of its engines: where they are, what they serve, and how patient to be with them."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from routing.labels import Line

EngineName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""Part of a URL and a metric's label, hence ASCII."""

STEERING_CONFIG = "dragoman_steering"
"""The key of vLLM's ``additional_config`` under which an engine is asked to steer."""

HEDGING_CONFIG = "dragoman_hedging"
"""The same, for temperatures of the answers' own; its value is true or false."""

SAMPLER_CONFIG = "dragoman_sampler"
"""The same, for our sampler."""

_SET_BY_DRAGOMAN = {
    "model": "comes from the engine's `model`",
    "served_model_name": "comes from the engine's `served_name`",
    "lora_modules": "comes from the engine's `adapters`",
    "hf_token": "is a secret: set HF_TOKEN in the environment",
}


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a base URL such as http://host:8000/v1")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or a fragment")
    _ = parts.port  # raises ValueError where it is no port number
    return url.rstrip("/")


def _engine_arguments(arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for name, reason in _SET_BY_DRAGOMAN.items():
        if name in arguments:
            raise ValueError(f"`{name}` {reason}")
    additional = arguments.get("additional_config")
    if additional and not isinstance(additional, dict):
        raise ValueError("`additional_config` must be a mapping")
    return arguments


BaseUrl = Annotated[str, AfterValidator(_base_url)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Timeouts(_Entry):
    """How long to wait for an engine, in seconds.

    connect_s: until the connection stands.
    first_token_s: from sending the request to the first byte of the answer's body.
    total_s: from sending the request to the end of the answer.
    """

    connect_s: Seconds = 5.0
    first_token_s: Seconds = 120.0
    total_s: Seconds = 600.0


class _Engine(_Entry):
    timeouts: Timeouts = Timeouts()
    retries: int = Field(default=1, ge=0, le=10)
    max_inflight: int = Field(default=256, ge=1)
    fallback: str | None = None
    fallback_model: Line | None = None


class HttpEngineSettings(_Engine):
    """An OpenAI-compatible endpoint somewhere.

    urls: base URLs with their ``/v1``; several are equal replicas of one engine.
    api_key_env: the environment variable that holds the endpoint's key; None where it wants none.
    models: what it serves; empty to ask its ``/models``.
    masks: whether it is vLLM that was started with Dragoman's logits processor (docs/strategies.md).
    steers: whether it is vLLM that was started with Dragoman's router steering (docs/steering.md).
    hedges: whether it is vLLM that was started with Dragoman's temperatures for each answer (docs/kernels.md).
    retries: further tries on another connection, only where nothing was generated.
    max_inflight: requests that it is given at once; more wait in the gateway.
    fallback: the engine that is called when this one cannot be reached, with ``fallback_model`` if given.
    """

    kind: Literal["http"] = "http"
    urls: tuple[BaseUrl, ...] = Field(min_length=1)
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    models: tuple[Line, ...] = ()
    masks: bool = False
    steers: bool = False
    hedges: bool = False


class Replicas(_Entry):
    """How many replicas Ray Serve keeps: between ``min`` and ``max``.

    target_ongoing_requests: requests that a replica works on before another is started.
    """

    min: int = Field(ge=0)
    max: int = Field(ge=1)
    target_ongoing_requests: float = Field(default=16.0, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is more than max ({self.max})")
        return self


def _fixed(replicas: object) -> object:
    return {"min": replicas, "max": replicas} if isinstance(replicas, int) else replicas


class LocalEngineSettings(_Engine):
    """vLLM replicas that Dragoman itself starts under Ray Serve.

    model: a folder, a Hugging Face name, or ``embedded`` for the small model that comes with the demo.
    served_name: the name that clients ask for.
    adapters: LoRA adapters by the names that they are served under, each a folder or a Hugging Face name.
    replicas: written as a number, or as bounds to scale between.
    vllm: arguments of vLLM's ``EngineArgs``, given to it unchecked. What its ``additional_config`` does not say of our
        sampler and of hedges is put in (`gateway.ray_serve.default_sampling`).
    The rest is as for `HttpEngineSettings`.
    """

    kind: Literal["local"] = "local"
    model: Line
    served_name: Line
    adapters: Mapping[Line, Line] = Field(default_factory=dict)
    replicas: Annotated[Replicas, BeforeValidator(_fixed)] = Replicas(min=1, max=1)
    vllm: Annotated[dict[str, JsonValue], AfterValidator(_engine_arguments)] = Field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """What it serves: the model and its adapters."""
        return (self.served_name, *self.adapters)

    @property
    def masks(self) -> bool:
        """Whether it can be held to a language's script: it is started with what that takes, which does not go with
        speculative decoding.
        """
        return not self.vllm.get("speculative_config")

    @property
    def steers(self) -> bool:
        """Whether its router can be steered: only where its arguments ask for it, since that takes a model with one."""
        return STEERING_CONFIG in self.additional_config

    @property
    def hedges(self) -> bool:
        """Whether each answer of a request can have a temperature of its own: unless its arguments say no.

        With speculative decoding only where they say yes. vLLM refuses min-p there: `samples` would lose with its hot
        samples the greedy one, were they one call.
        """
        usual = not self.vllm.get("speculative_config")
        return self.additional_config.get(HEDGING_CONFIG, usual) is True

    @property
    def additional_config(self) -> Mapping[str, JsonValue]:
        """vLLM's argument of that name, in which other software's configuration may stand too."""
        additional = self.vllm.get("additional_config")
        return additional if isinstance(additional, dict) else {}


EngineSettings = Annotated[HttpEngineSettings | LocalEngineSettings, Field(discriminator="kind")]
"""What a policy says of one engine."""
