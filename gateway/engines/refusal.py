"""What an engine's error means to the client: its own mistakes are passed on, the engine's are not blamed on it."""

from typing import Any

import orjson

from routing.errors import EngineError, EngineFailed, EngineRefused, EngineUnavailable

_MESSAGE_CHARS = 1_000


def refusal(status: int, body: bytes) -> EngineError:
    """The error for an engine's answer with a status that is not 200.

    A 4xx is the client's and keeps its status and message; but 401 and 403 speak of the gateway's own key, and a
    404 without an OpenAI error means that the engine has no such endpoint.
    """
    error = _openai_error(body)
    message = str(error.get("message") or "")[:_MESSAGE_CHARS]
    if status in (401, 403):
        return EngineError("The engine does not accept the gateway's key.")
    if status in (502, 503, 504):
        return EngineUnavailable(message or f"The engine is not available (status {status}).")
    if not 400 <= status < 500:
        return EngineFailed(message or f"The engine answered with status {status}.")
    return EngineRefused(
        message or _unexplained(status), status=status, code=_code(error), param=_text(error.get("param"))
    )


def refusal_in_stream(error: dict[str, Any]) -> EngineError:
    """The error for an error event among the engine's chunks; vLLM has the HTTP status as its code."""
    code = error.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return refusal(status, orjson.dumps({"error": error}))


def _openai_error(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(value, dict):
        return {}
    error = value.get("error", value)
    return error if isinstance(error, dict) else {"message": error}


def _code(error: dict[str, Any]) -> str | None:
    code = error.get("code")
    return code if isinstance(code, str) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _unexplained(status: int) -> str:
    if status in (404, 405):
        return "The engine of this model does not have this endpoint."
    return f"The engine refused the request (status {status})."
