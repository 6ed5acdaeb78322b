"""Reading a request's body: not too much of it, and not for ever."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from gateway.settings import Limits
from routing.errors import InvalidRequest, RequestTooLarge, RequestTooSlow

_JSON = "application/json"


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body.

    Raises `RequestTooLarge` before more than the limit is in memory, `RequestTooSlow` where it takes longer
    than a body may take, and `InvalidRequest` for a compressed one: a few bytes could unfold to anything.
    And for one that says that it is something else than JSON; one that says nothing is taken for it.
    """
    kind = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if kind != _JSON:
        raise _unsupported("The body must be JSON, with `Content-Type: application/json`.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise _unsupported("A compressed body is not taken; send it without Content-Encoding.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limits.body_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.body_s):
            return await _collect(request, limits)
    except TimeoutError as error:
        raise RequestTooSlow(f"The body did not arrive within {limits.body_s:g} s.") from error
    except ClientDisconnect as error:
        raise InvalidRequest("The client left before its body was complete.") from error


async def _collect(request: Request, limits: Limits) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limits.body_bytes:
            raise _too_large(limits)
        pieces.append(piece)
    return b"".join(pieces)


def _unsupported(message: str) -> InvalidRequest:
    error = InvalidRequest(message)
    error.status, error.code = 415, "unsupported_media_type"
    return error


def _too_large(limits: Limits) -> RequestTooLarge:
    return RequestTooLarge(f"The body is longer than {limits.body_bytes} bytes.")
