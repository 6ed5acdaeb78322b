"""What a request may ask for at most."""

from collections.abc import Mapping
from typing import Any

from gateway.openai.media_urls import media_urls
from gateway.openai.requests import ChatRequest, CompletionRequest, Request, ResponseRequest
from gateway.settings import Limits
from routing.errors import InvalidRequest
from routing.strategy_size import MOST_ANSWERS, answers_drawn


def check_limits(request: Request, limits: Limits, max_tokens: int | None = None) -> None:
    """Raises `InvalidRequest` that names the field where more tokens, choices or samples are asked for than may be.

    max_tokens: a lower limit on tokens, of the key that is used.
    """
    tokens = min(limits.tokens, max_tokens or limits.tokens)
    for field, value in _asked_tokens(request):
        _at_most(field, value, tokens)
    for field, value in _asked_choices(request):
        _at_most(field, value, limits.choices)
    if request.dragoman and request.dragoman.strategy:
        _at_most("dragoman.strategy", answers_drawn(request.dragoman.strategy), MOST_ANSWERS)


def check_length(prompt_chars: int, limits: Limits) -> None:
    """Raises `InvalidRequest` for a prompt of more characters than may be."""
    if prompt_chars > limits.prompt_chars:
        error = InvalidRequest(
            f"The prompt has {prompt_chars} characters; {limits.prompt_chars} are allowed."
        )
        error.code = "context_length_exceeded"
        raise error


def check_media(raw: bytes, body: Mapping[str, Any], limits: Limits) -> None:
    """Raises `InvalidRequest` that names the field for media that the engine would have to fetch.

    body: the JSON object in ``raw``, which is asked first: a field ``..._url`` stands in it as it is, or with an
    escape of a letter from below U+0100.
    """
    if b"_url" in raw or b"\\u00" in raw:
        for field, url in media_urls(body):
            _check_media(field, url, limits)


def _asked_tokens(request: Request) -> list[tuple[str, int | None]]:
    if isinstance(request, ChatRequest):
        return [
            ("max_tokens", request.max_tokens),
            ("max_completion_tokens", request.max_completion_tokens),
        ]
    if isinstance(request, CompletionRequest):
        return [("max_tokens", request.max_tokens)]
    return [("max_output_tokens", request.max_output_tokens)] if isinstance(request, ResponseRequest) else []


def _asked_choices(request: Request) -> list[tuple[str, int | None]]:
    if isinstance(request, ChatRequest):
        return [("n", request.n)]
    return [("n", request.n), ("best_of", request.best_of)] if isinstance(request, CompletionRequest) else []


def _at_most(field: str, value: int | None, limit: int) -> None:
    if value is not None and value > limit:
        raise InvalidRequest(f"{field}: {value} is more than the {limit} that are allowed.", param=field)


def _check_media(field: str, url: str, limits: Limits) -> None:
    """The engine fetches what a URL names, from inside the network that it runs in: hence data only, by default."""
    scheme = url.partition(":")[0].lower()
    if (scheme == "data" and ":" in url) or (limits.remote_media and scheme in ("http", "https")):
        return
    raise InvalidRequest(f"{field}: remote media is not allowed; send it as a data: URL.", param=field)
