"""An error as the response that tells of it, in OpenAI's form."""

import logging
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.record import STATE_KEY, Record
from gateway.sse import error_body
from routing.errors import DragomanError, EngineFailed, EngineUnavailable, InvalidRequest, Overloaded

_log = logging.getLogger("dragoman")


def error_answer(record: Record, error: DragomanError) -> Response:
    """The response for an error before the first byte; the record and the log learn of it."""
    record.note_error(error)
    if error.status >= 500:
        _log.warning("request %s: %s", record.request_id, _in_log(error))
    headers = {"retry-after": str(ceil(error.retry_after_s))} if isinstance(error, Overloaded) else None
    return JSONResponse(error_body(error), status_code=error.status, headers=headers)


async def answer_error(request: Request, error: Exception) -> Response:
    """The same, as an exception handler of the framework."""
    assert isinstance(error, DragomanError)
    return error_answer(request.scope[STATE_KEY], error)


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """No such path, or not with this method: what the framework itself refuses."""
    assert isinstance(error, HTTPException)
    refused = InvalidRequest(f"{request.method} {request.url.path[:200]}: {error.detail}.")
    refused.status = error.status_code
    refused.code = "not_found" if error.status_code == 404 else "method_not_allowed"
    response = error_answer(request.scope[STATE_KEY], refused)
    response.headers.update(error.headers or {})  # a 405 must say in Allow which methods there are
    return response


def _in_log(error: DragomanError) -> str:
    """An engine's own words stay out: they may quote the prompt, and hold line breaks."""
    return error.code if isinstance(error, EngineFailed | EngineUnavailable) else error.message
