"""Requests as clients send them, checked once at the edge.

The models hold what the gateway looks at or limits, and the types of well-known fields, so that a wrong type
is refused here by name. Every other field is left alone and reaches the engine as it came.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.contract_settings import ContractSettings
from routing.language_ranges import LanguageTag
from routing.strategy import Strategy

Tokens = Annotated[int, Field(ge=1)] | None
Text = Annotated[str, Field(min_length=1)]
# The first wrong item is enough: 2 million of them fit in a body, and an error for each would take gigabytes.
TokenIds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, fail_fast=True)]
Texts = Annotated[list[str], Field(min_length=1, fail_fast=True)]


class _Wire(BaseModel):
    """Strict, since a gateway that guesses what was meant sends the engine something else than was asked."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class Ask(BaseModel):
    """The ``dragoman`` field of a request: what the client wants of the gateway itself.

    language: BCP-47 tag of the user's language; it settles the question.
    task: a word that the policy's rules may match.
    strategy: to be used instead of the policy's choice, where the key allows it.
    answer_language: BCP-47 tag of the language that the answer must be in.
    contract: what is done about that language, instead of what the policy says, where the key allows it.
    explain: adds an account of what was done to the answer's body.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    language: str | None = None
    task: str | None = None
    strategy: Strategy | None = None
    answer_language: LanguageTag | None = None
    contract: ContractSettings | None = None
    explain: bool = False


NO_ASK = Ask()


class StreamOptions(_Wire):
    """What a streamed answer holds besides its text."""

    include_usage: bool | None = None


class Part(_Wire):
    """One part of a message's content; text parts have ``text``, others what their type asks for."""

    type: str
    text: str | None = None


class Message(_Wire):
    """One turn of a conversation."""

    role: Text
    content: str | Annotated[list[Part], Field(fail_fast=True)] | None = None


class ResponseFormat(_Wire):
    """The form that an answer must have."""

    type: str


class Tool(_Wire):
    """A tool that the model may call."""

    type: str


class Request(_Wire):
    """What the requests of all endpoints have in common."""

    model: Text
    dragoman: Ask | None = None
    user: str | None = None
    priority: int | None = None


class _Sampled(Request):
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    vllm_xargs: dict[str, Any] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None


class _Decoded(_Sampled):
    n: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Tokens = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: str | Annotated[list[str], Field(fail_fast=True)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[str, float] | None = None


class ChatRequest(_Decoded):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[Message], Field(min_length=1, fail_fast=True)]
    max_completion_tokens: Tokens = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[Tool], Field(fail_fast=True)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None


class CompletionRequest(_Decoded):
    """``POST /v1/completions``."""

    prompt: str | Texts | TokenIds | Annotated[list[TokenIds], Field(min_length=1, fail_fast=True)]
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    echo: bool | None = None
    suffix: str | None = None
    best_of: Annotated[int, Field(ge=1)] | None = None


class InputItem(_Wire):
    """One item of a response's input: a message, or something else that its type names."""

    type: str | None = None
    role: str | None = None
    content: str | Annotated[list[Part], Field(fail_fast=True)] | None = None


class ResponseRequest(_Sampled):
    """``POST /v1/responses``."""

    input: str | Annotated[list[InputItem], Field(min_length=1, fail_fast=True)]
    instructions: str | None = None
    max_output_tokens: Tokens = None
    tools: Annotated[list[Tool], Field(fail_fast=True)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    text: dict[str, Any] | None = None
    store: bool | None = None
    background: bool | None = None


class EmbeddingRequest(Request):
    """``POST /v1/embeddings``. It is never streamed."""

    input: str | Texts | TokenIds | Annotated[list[TokenIds], Field(min_length=1, fail_fast=True)]
    stream: Literal[False] | None = None
    dimensions: Tokens = None
    encoding_format: Literal["float", "base64", "bytes", "bytes_only"] | None = None
