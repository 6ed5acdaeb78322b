"""Every error that Dragoman raises on purpose, with the HTTP status and OpenAI form it has at the edge.

DragomanError
├── InvalidRequest            400  the request is wrong; ``param`` names the field
│   ├── RequestTooLarge       413
│   ├── RequestTooSlow        408
│   └── UnknownModel          404
├── Unauthorized              401  no key, or a wrong one
├── Forbidden                 403  the key is good, but not for this
├── Overloaded                429  limits of a key, or a full queue; ``retry_after_s`` says when to return
├── EngineError               502  the engine answered what cannot be used
│   ├── EngineRefused         (the engine's own 4xx, passed on)
│   ├── EngineFailed          502  the engine says that it failed
│   ├── EngineUnavailable     503  no engine could be reached
│   ├── EngineTimeout         504
│   ├── BudgetExceeded        504  a strategy may draw no more tokens
│   ├── CutOff                502  a hidden call came to its length before it came to an end
│   ├── StructureLost         502  a translation lost what it must keep
│   └── NotTranslated         502  a translation is still in the language of its original
└── ConfigError               (no HTTP) a policy, key file or setting is wrong; shown on the command line
"""

from typing import ClassVar


class DragomanError(Exception):
    """An error with a meaning to the client: an HTTP status, and OpenAI's type, code and param."""

    status: int = 500
    type: ClassVar[str] = "server_error"
    code: str = "internal_error"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class InvalidRequest(DragomanError):
    """The request is wrong in itself: sending it again will not help."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_value"


class RequestTooLarge(InvalidRequest):
    """The body is longer than the gateway takes."""

    status = 413
    code = "request_too_large"


class RequestTooSlow(InvalidRequest):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"


class UnknownModel(InvalidRequest):
    """No engine of the policy serves the model that was asked for."""

    status = 404
    code = "model_not_found"


class Unauthorized(DragomanError):
    """No key was sent, or one that is not known."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"


class Forbidden(DragomanError):
    """The key is known, but may not do this."""

    status = 403
    type = "permission_error"
    code = "permission_denied"


class Overloaded(DragomanError):
    """Too many requests, of one key or of all; ``retry_after_s`` (seconds) goes into ``Retry-After``."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after_s: float = 1.0, param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.retry_after_s = retry_after_s


class EngineError(DragomanError):
    """The engine broke off, or answered something that is no answer."""

    status = 502
    type = "engine_error"
    code = "engine_error"


class EngineRefused(EngineError):
    """The engine's own 4xx: its status, message, type, code and param reach the client as they were."""

    type = "invalid_request_error"
    code = "engine_refused"

    def __init__(
        self, message: str, *, status: int, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message, param=param)
        self.status = status
        self.code = code or self.code


class EngineFailed(EngineError):
    """The engine's own 5xx. It answers, so its replica is not blamed: any request might be one that does this."""

    code = "engine_failed"


class EngineUnavailable(EngineError):
    """No engine that serves the model could be reached."""

    status = 503
    code = "engine_unavailable"


class EngineTimeout(EngineError):
    """The engine did not answer within the time that the policy gives it."""

    status = 504
    code = "engine_timeout"


class BudgetExceeded(EngineError):
    """A strategy has drawn all the tokens that the policy gives it for preparing an answer."""

    status = 504
    code = "budget_exceeded"


class CutOff(EngineError):
    """A hidden call came to the length that it was given before it came to an end: half an answer is none."""

    code = "cut_off"


class StructureLost(EngineError):
    """A translation lost or doubled what had to come through as it was: code, links, numbers, a whole text."""

    code = "structure_lost"


class NotTranslated(EngineError):
    """A translation that is none: its original once more, or other words in the original's language."""

    code = "not_translated"


class ConfigError(DragomanError):
    """A policy, key file or setting is wrong; the message names file, line and key where they are known."""

    code = "config_error"
