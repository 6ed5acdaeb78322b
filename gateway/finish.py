"""What the gateway adds to an answer at its end: hidden calls to its usage, and the explanation that was asked for.

An answer that breaks off has the explanation too, beside its error: who asked for it wants it then above all.
"""

from collections.abc import Callable
from time import time
from typing import Any

import orjson

from gateway.ledger import with_hidden_calls
from gateway.record import Record
from gateway.sse import error_body
from routing.errors import DragomanError, EngineError
from routing.events import DONE, event_json, json_event

Account = Callable[[], dict[str, Any]] | None
"""Makes the explanation, as late as can be; None where the client did not ask for one."""

_OBJECTS = {"chat/completions": "chat.completion.chunk", "completions": "text_completion"}


def finished_document(document: bytes, record: Record, account: Account) -> bytes:
    """A whole answer with what belongs to it; the engine's very bytes where nothing does.

    Raises `EngineError` where something is to be added to what is no JSON object.
    """
    if not account and record.ledger.is_plain:
        return document
    try:
        body = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise EngineError("The engine's answer is not JSON.") from error
    if not isinstance(body, dict):
        raise EngineError("The engine's answer is not a JSON object.")
    return orjson.dumps(_with_account(_with_usage(body, record), account))


def finished_event(event: bytes, record: Record, account: Account) -> bytes:
    """One event of an answer with what belongs to it. The explanation stands in a chunk before ``[DONE]``."""
    if event == DONE:
        return _explaining_chunk(record, account) + event if account else event
    if event.startswith(b"event: response."):
        return _finished_response_event(event, record, account)
    chunk = event_json(event) if b'"usage"' in event else None
    return json_event(_with_usage(chunk, record)) if chunk and chunk.get("usage") else event


def failed_event(error: DragomanError, account: Account) -> bytes:
    """The event that tells of an error after the first byte was sent; no ``[DONE]`` follows it."""
    return json_event(_with_account(error_body(error), account))


def _finished_response_event(event: bytes, record: Record, account: Account) -> bytes:
    """The Responses API ends with the whole response in an event, and has no chunk without meaning."""
    if not event.startswith((b"event: response.completed", b"event: response.incomplete")):
        return event
    value = event_json(event)
    if value is None or not isinstance(value.get("response"), dict):
        return event
    response = _with_account(_with_usage(value["response"], record), account)
    name = event.split(b"\n", 1)[0]
    return name + b"\n" + json_event({**value, "response": response})


def _with_usage(body: dict[str, Any], record: Record) -> dict[str, Any]:
    usage = body.get("usage")
    return {**body, "usage": with_hidden_calls(usage, record.ledger)} if isinstance(usage, dict) else body


def _with_account(body: dict[str, Any], account: Account) -> dict[str, Any]:
    return {**body, "dragoman": account()} if account else body


def _explaining_chunk(record: Record, account: Account) -> bytes:
    chunk = {
        "id": f"dragoman-{record.request_id}",
        "object": _OBJECTS[record.endpoint],
        "created": int(time()),
        "model": record.model,
        "choices": [],
    }
    return json_event(_with_account(chunk, account))
