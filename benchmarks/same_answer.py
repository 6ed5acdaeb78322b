"""Proves, before a system is measured, that what it answers is what the engine said."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.process import Server
from benchmarks.prompts import NUMBER, chat_requests
from benchmarks.stub_answers import text
from benchmarks.systems import API_KEY, MODEL

_TOKENS = 40  # every word of the stub at least twice


def check_same_answer(server: Server) -> None:
    """Asks in every language, streamed and not. Raises `BenchmarkError` where a text is not the engine's."""
    for request in chat_requests(MODEL, _TOKENS):
        body = json.loads(request.replace(NUMBER, "0"))
        _compare(server, body, _unary_text(_post(server, body)))
        streamed = {**body, "stream": True}
        _compare(server, streamed, _stream_text(_post(server, streamed)))


def _compare(server: Server, body: dict[str, Any], said: str) -> None:
    if said != text(_TOKENS):
        raise BenchmarkError(f"{server.name} answered {said!r} to {body}")


def _post(server: Server, body: dict[str, Any]) -> str:
    headers = {"content-type": "application/json", "authorization": f"Bearer {API_KEY}"}
    request = urllib.request.Request(server.chat_url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return str(response.read().decode())
    except urllib.error.HTTPError as error:
        refusal = error.read().decode(errors="replace")
        raise BenchmarkError(f"{server.name} answered HTTP {error.code} {refusal} to {body}") from error


def _unary_text(answer: str) -> str:
    return str(json.loads(answer)["choices"][0]["message"]["content"])


def _stream_text(answer: str) -> str:
    return "".join(
        choice["delta"].get("content") or "" for event in _events(answer) for choice in event["choices"]
    )


def _events(answer: str) -> Iterator[dict[str, Any]]:
    for line in answer.splitlines():
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))
