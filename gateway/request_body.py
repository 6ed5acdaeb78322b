"""Reading a request's body: not too much of it, and not for ever."""

import asyncio

from starlette.types import Receive

from gateway.request_headers import Headers
from gateway.settings import Limits
from routing.errors import InvalidRequest, RequestTooLarge, RequestTooSlow

_JSON = b"application/json"


async def read_body(headers: Headers, receive: Receive, limits: Limits) -> bytes:
    """The whole body.

    Raises `RequestTooLarge` before more than the limit is in memory, `RequestTooSlow` where it takes longer
    than a body may take, and `InvalidRequest` for a compressed one: a few bytes could unfold to anything.
    And for one that says that it is something else than JSON; one that says nothing is taken for it.
    """
    kind = headers.get(b"content-type", _JSON)
    if kind != _JSON and kind.partition(b";")[0].strip().lower() != _JSON:
        raise _unsupported("The body must be JSON, with `Content-Type: application/json`.")
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise _unsupported("A compressed body is not taken; send it without Content-Encoding.")
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limits.body_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.body_s):
            return await _collect(receive, limits)
    except TimeoutError as error:
        raise RequestTooSlow(f"The body did not arrive within {limits.body_s:g} s.") from error


async def _collect(receive: Receive, limits: Limits) -> bytes:
    pieces, size, has_more = [], 0, True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidRequest("The client left before its body was complete.")
        piece, has_more = message.get("body", b""), message.get("more_body", False)
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
