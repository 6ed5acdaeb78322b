"""The outermost layer: gives a request its id and its record, and accounts for it when it is over."""

import logging
import os
import re
from time import monotonic, perf_counter

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access_log import write_access_line
from gateway.metrics import Metrics
from gateway.note_headers import note_headers
from gateway.rate_limit_headers import rate_limit_headers
from gateway.record import STATE_KEY, Record
from gateway.sse import error_body
from routing.errors import DragomanError

REQUEST_ID_HEADER = b"x-request-id"
_GOOD_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")

error_log = logging.getLogger("dragoman")


class Observe:
    """ASGI middleware: request id, headers that tell what was done, metrics and the access log.

    It is also where an error that nobody expected becomes a 500: with its traceback in the log, and without it
    on the wire.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, writes_access_log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._writes_access_log = writes_access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = Record(_request_id(scope), scope["method"], scope["path"])
        scope[STATE_KEY] = record
        observed = _ObservedSend(send, record)
        try:
            await self._app(scope, receive, observed)
        except Exception:
            error_log.exception("request %s failed", record.request_id)
            if observed.has_started:
                raise
            error = DragomanError("The gateway failed; its log has the cause under this request's id.")
            record.note_error(error)
            await JSONResponse(error_body(error), status_code=error.status)(scope, receive, observed)
        finally:
            self._account(record)

    def _account(self, record: Record) -> None:
        record.end()
        self._metrics.count_request(record)
        if self._writes_access_log:
            write_access_line(record)


class _ObservedSend:
    """Stands in for ``send``: notes the status, adds headers, and takes the time that the client takes."""

    def __init__(self, send: Send, record: Record) -> None:
        self._send = send
        self._record = record
        self.has_started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            self._record.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *_headers(self._record)]
        began = perf_counter()
        await self._send(message)
        self._record.client_s += perf_counter() - began


def _headers(record: Record) -> list[tuple[bytes, bytes]]:
    headers = [(REQUEST_ID_HEADER, record.request_id.encode())]
    if record.strategy:
        headers += [
            (b"x-dragoman-language", record.language.encode()),
            (b"x-dragoman-confidence", b"%.2f" % record.confidence),
            (b"x-dragoman-strategy", record.strategy.encode()),
            (b"x-dragoman-engine-calls", b"%d" % len(record.ledger.calls)),
            *(note_headers(record) if record.notes or len(record.ledger.calls) > 1 else ()),
        ]
    if record.usage:
        headers += rate_limit_headers(record.usage, monotonic())
    return headers


def _request_id(scope: Scope) -> str:
    """The client's id where it is one that may go into logs and headers, else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER and _GOOD_REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return os.urandom(16).hex()
