"""Answers as vLLM 0.32 gives them on each endpoint, for the scripted engine: as events and as one document."""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.gateway.scripted_engine import DONE, USAGE, ScriptedEngine, Step

RESPONSE_USAGE = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 10,
}


def answer_all(engine: ScriptedEngine, *pieces: str) -> None:
    """Makes the engine say the same on every endpoint, streamed in these pieces."""
    engine.says(*pieces)
    text = "".join(pieces)
    engine.by_endpoint = {
        "completions": (completion_steps(*pieces), completion_document(text)),
        "responses": (response_steps(*pieces), response_document(text)),
        "embeddings": ([], EMBEDDINGS),
    }


EMBEDDINGS: dict[str, Any] = {
    "object": "list",
    "model": "tiny",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}],
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}


def chat_steps(*deltas: dict[str, Any], finish: str = "stop", usage: bool = True) -> list[Step]:
    """A streamed chat answer of these deltas."""
    events = [_chat_event({"index": 0, "delta": delta, "finish_reason": None}) for delta in deltas]
    events.append(_chat_event({"index": 0, "delta": {}, "finish_reason": finish}))
    if usage:
        events.append(_event({**_CHAT, "choices": [], "usage": USAGE}))
    return [*events, DONE]


def completion_document(text: str) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
    return {**_COMPLETION, "choices": [choice], "usage": USAGE}


def completion_steps(*pieces: str) -> list[Step]:
    events = [
        _event({**_COMPLETION, "choices": [{"index": 0, "text": piece, "finish_reason": None}]})
        for piece in pieces
    ]
    return [*events, _event({**_COMPLETION, "choices": [], "usage": USAGE}), DONE]


def response_document(text: str) -> dict[str, Any]:
    return _response("completed", [_message(text)], RESPONSE_USAGE)


def response_steps(*pieces: str) -> list[Step]:
    """Events by name, and no ``[DONE]``: so vLLM ends this one endpoint."""
    events = enumerate(_response_events(pieces))
    return [_named_event(name, {**value, "sequence_number": number}) for number, (name, value) in events]


def _response_events(pieces: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    yield "response.created", {"response": _response("in_progress", [], None)}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
    yield "response.output_item.added", {"output_index": 0, "item": item}
    for piece in pieces:
        yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}
    text = "".join(pieces)
    yield "response.output_text.done", {**place, "text": text, "logprobs": []}
    yield "response.output_item.done", {"output_index": 0, "item": _message(text)}
    yield "response.completed", {"response": response_document(text)}


def _message(text: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": [], "logprobs": None}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def _response(status: str, output: list[dict[str, Any]], usage: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "tiny",
        "status": status,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "usage": usage,
    }


_CHAT = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"}
_COMPLETION = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "tiny"}


def _chat_event(choice: dict[str, Any]) -> bytes:
    return _event({**_CHAT, "choices": [choice]})


def _named_event(name: str, value: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\n" + _event({"type": name, **value})


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
