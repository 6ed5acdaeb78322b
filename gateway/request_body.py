"""Reading a request's body: not too much of it, and not for ever."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from gateway.settings import Limits
from routing.errors import InvalidRequest, RequestTooLarge, RequestTooSlow


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body.

    Raises `RequestTooLarge` before more than the limit is in memory, `RequestTooSlow` where it takes longer
    than a body may take, and `InvalidRequest` for a compressed one: a few bytes could unfold to anything.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise InvalidRequest("A compressed body is not taken; send it without Content-Encoding.")
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


def _too_large(limits: Limits) -> RequestTooLarge:
    return RequestTooLarge(f"The body is longer than {limits.body_bytes} bytes.")
