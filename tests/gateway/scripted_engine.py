"""An engine that says what a test tells it to say: a real HTTP server on this machine, with no model in it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

DONE = b"data: [DONE]\n\n"
HANG = "hang"
CUT = "cut"

Step = bytes | float | str
"""Bytes to send, seconds to sleep, `HANG` for ever, or `CUT` the connection."""


@dataclass
class ScriptedEngine:
    """What the engine is to say next, and what it has seen.

    by_endpoint: steps and document of an endpoint that has an answer of its own.
    steers: whether it shows, as Dragoman's plugin in vLLM does, that it steers.
    reply: makes steps and document from the request; comes before all others.
    """

    models: tuple[str, ...] = ("tiny",)
    steers: bool = True
    status: int = 200
    steps: Sequence[Step] = ()
    document: Any = None
    by_endpoint: dict[str, tuple[Sequence[Step], Any]] = field(default_factory=dict)
    reply: Callable[[dict[str, Any]], tuple[Sequence[Step], Any]] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    aborted: int = 0
    working: int = 0
    url: str = ""

    def says(self, *texts: str, usage: bool = True) -> None:
        """A streamed chat answer of these pieces, and the same as a document."""
        self.steps = [*(chunk(text) for text in texts), *([USAGE_EVENT] if usage else []), DONE]
        self.document = chat_document("".join(texts))


def chunk(text: str, finish_reason: str | None = None, index: int = 0) -> bytes:
    """One event of a streamed chat answer."""
    body = {
        "id": "chat-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "tiny",
        "choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish_reason}],
    }
    return b"data: " + orjson.dumps(body) + b"\n\n"


USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
USAGE_EVENT = (
    b"data: "
    + orjson.dumps({"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"})[:-1]
    + b',"choices":[],"usage":'
    + orjson.dumps(USAGE)
    + b"}\n\n"
)


def chat_document(*texts: str) -> dict[str, Any]:
    """A whole chat answer with a choice for each text."""
    return {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [
            {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            for index, text in enumerate(texts)
        ],
        "usage": USAGE,
    }


@asynccontextmanager
async def serve_scripted_engine() -> AsyncIterator[ScriptedEngine]:
    """Starts one on a free port of the loopback interface."""
    engine = ScriptedEngine()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = orjson.loads(await request.read())
        engine.requests.append(asked)
        engine.headers.append(request.headers)
        engine.working += 1
        try:
            return await _answer(engine, request, asked)
        except (asyncio.CancelledError, ConnectionResetError):
            engine.aborted += 1
            raise
        finally:
            engine.working -= 1

    async def models(_: web.Request) -> web.Response:
        listed = [{"id": model, "object": "model"} for model in engine.models]
        return web.json_response({"object": "list", "data": listed})

    async def steering(_: web.Request) -> web.Response:
        return web.json_response({}) if engine.steers else web.Response(status=404)

    app = web.Application()
    app.router.add_post("/v1/{endpoint:.*}", answer)
    app.router.add_get("/v1/dragoman/steering", steering)
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    engine.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield engine
    finally:
        await runner.cleanup()


async def _answer(engine: ScriptedEngine, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    steps, document = engine.by_endpoint.get(request.match_info["endpoint"], (engine.steps, engine.document))
    if engine.reply:
        steps, document = engine.reply(asked)
    if engine.status != 200 or not asked.get("stream"):
        for step in steps:
            if step == HANG:
                await asyncio.Event().wait()
            if step == CUT:
                _cut(request)
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return web.Response(status=engine.status, body=body, content_type="application/json")
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for step in steps:
        await _take(step, request, response)
    await response.write_eof()
    return response


async def _take(step: Step, request: web.Request, response: web.StreamResponse) -> None:
    if isinstance(step, bytes):
        await response.write(step)
    elif isinstance(step, float):
        await asyncio.sleep(step)
    elif step == HANG:
        await asyncio.Event().wait()
    else:
        _cut(request)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError
