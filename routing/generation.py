"""One call to an engine, the answer in flight that comes back, and the seam between the two."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, Self

from routing.language import UNDETERMINED

ClientEndpoint = Literal["chat/completions", "completions", "responses", "embeddings"]
"""What a client may ask of the gateway."""

Endpoint = Literal[ClientEndpoint, "score", "pooling"]
"""What is asked of an engine: the path below its base URL. The last two are vLLM's, for models that score answers;
``pooling`` lies beside the ``/v1`` of the base URL."""

Body = Mapping[str, Any]
"""A request in OpenAI's wire form. Fields that the gateway does not know travel to the engine untouched."""


MaskMode = Literal["hard", "gate", "bias"]
"""``hard``: foreign tokens are never drawn. ``gate``: not where an allowed one is likely. ``bias``: seldom."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A language that decoding is held to.

    language: BCP-47 tag.
    latin: whether words in Latin letters may stand in it.
    mode: how hard it is held.
    """

    language: str
    latin: bool = True
    mode: MaskMode = "hard"


@dataclass(frozen=True, slots=True)
class Generation:
    """One call to an engine. Values are checked at the edge, so nothing here needs a second look.

    endpoint: what is asked.
    body: the request as the engine gets it. Never changed in place: `with_body` makes another generation.
    engine: the engine of the policy to call; None for whichever serves the body's model.
    language: BCP-47 tag of the user's language, ``und`` where undecided.
    purpose: why the call is made, for accounts and metrics: ``answer`` for the one the client sees.
    headers: HTTP headers to send along (request id, trace context).
    mask: the language whose script decoding is held to; None for none.
    """

    endpoint: Endpoint
    body: Body
    engine: str | None = None
    language: str = UNDETERMINED
    purpose: str = "answer"
    headers: Mapping[str, str] = field(default_factory=dict)
    mask: Mask | None = None

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body["model"])

    @property
    def n(self) -> int:
        """How many answers are asked for."""
        return int(self.body.get("n") or 1)

    @property
    def is_streamed(self) -> bool:
        """Whether the answer comes as server-sent events instead of one JSON document."""
        return self.body.get("stream") is True

    def with_body(self, **fields: Any) -> Self:
        """The same generation with these fields of the body set."""
        return replace(self, body={**self.body, **fields})


class Stream(Protocol):
    """An answer in flight: blocks of whole server-sent events, or one block that is a JSON document.

    A block never splits an event, so never a code point either. Iteration ends after the event that closes
    the answer (``[DONE]`` where the endpoint has it); an answer that breaks off raises an `EngineError`.
    Whoever holds a stream closes it in ``finally``.
    """

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> bytes: ...

    async def aclose(self) -> None:
        """Aborts the engine's work if it is not done. May be called twice."""


class Engine(Protocol):
    """An OpenAI-compatible endpoint, or something that acts like one."""

    async def generate(self, generation: Generation) -> Stream:
        """Starts a generation and returns once the engine has taken it.

        Raises `EngineRefused` for the engine's own 4xx, else `EngineUnavailable`, `EngineTimeout` or
        `EngineError`.
        """
        ...
