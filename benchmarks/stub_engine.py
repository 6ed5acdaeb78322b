"""An OpenAI-compatible engine without a model, so that what is measured is what stands in front of it.

    python -m benchmarks.stub_engine --port 8100

It speaks HTTP/1.1 on a bare asyncio protocol (httptools, uvloop): one answer at a time on a connection, no
pipelining. The length of an answer is the request's ``max_tokens``. Beside the OpenAI endpoints it has
``GET /stats``, which counts answers begun, finished and aborted, and ``POST /pace``, which sets the delays of
later answers (seconds, the fields of `Pace`).
"""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import cast

import click
import httptools
import orjson
import uvloop

from benchmarks.stub_answers import Ask, document, read_ask, stream_bytes
from benchmarks.stub_pace import Pace, PacedAnswer, read_pace

_REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}
_CHAT = b"/v1/chat/completions"
_COMPLETIONS = b"/v1/completions"


@dataclass(slots=True)
class Stats:
    """Answers begun, answers sent to the end, and answers whose client went away before that."""

    begun: int = 0
    finished: int = 0
    aborted: int = 0


@dataclass(slots=True)
class StubEngine:
    """The state that all connections of one stub share. tokens: length where a request names none."""

    model: str = "stub"
    tokens: int = 16
    pace: Pace = field(default_factory=Pace)
    stats: Stats = field(default_factory=Stats)

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Listens on 127.0.0.1 until the server that comes back is closed; port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Connection(self), "127.0.0.1", port)


class _Connection(asyncio.Protocol):
    """One client connection: reads requests, answers each, keeps alive."""

    def __init__(self, engine: StubEngine) -> None:
        self._engine = engine
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._body: list[bytes] = []
        self._answer: PacedAnswer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._answer is not None:
            self._answer.abort()
            self._answer = None
            self._engine.stats.aborted += 1

    def pause_writing(self) -> None:
        if self._answer is not None:
            self._answer.block()

    def resume_writing(self) -> None:
        if self._answer is not None:
            self._answer.unblock()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._path = b""
        self._body = []

    def on_url(self, url: bytes) -> None:
        """Called by the parser, perhaps with a part of the URL."""
        self._path += url

    def on_body(self, body: bytes) -> None:
        """Called by the parser with a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser when the request is whole."""
        if self._answer is not None:  # pipelined: a client of an engine does not
            self._transport.abort()
        elif self._parser.get_method() == b"POST":
            self._post(self._path, b"".join(self._body))
        else:
            self._get(self._path)

    def _get(self, path: bytes) -> None:
        if path == b"/health":
            self._reply(200, {})
        elif path == b"/stats":
            self._reply(200, asdict(self._engine.stats))
        elif path == b"/v1/models":
            self._reply(200, {"object": "list", "data": [{"id": self._engine.model, "object": "model"}]})
        else:
            self._refuse(404, "no such endpoint")

    def _post(self, path: bytes, body: bytes) -> None:
        try:
            if path == b"/pace":
                self._engine.pace = read_pace(body)
                self._reply(200, asdict(self._engine.pace))
            elif path in (_CHAT, _COMPLETIONS):
                self._generate(read_ask(body, is_chat=path == _CHAT, default_tokens=self._engine.tokens))
            else:
                self._refuse(404, "no such endpoint")
        except (ValueError, TypeError) as error:
            self._refuse(400, str(error))

    def _generate(self, ask: Ask) -> None:
        stats = self._engine.stats
        stats.begun += 1
        self._answer = PacedAnswer(self._transport, self._engine.pace, ask.tokens, self._finish)
        if ask.is_streamed:
            self._answer.send_stream(stream_bytes(ask, stats.begun))
        else:
            self._answer.send_document(_response(200, document(ask, stats.begun)))

    def _finish(self) -> None:
        self._answer = None
        self._engine.stats.finished += 1
        self._close_if_asked()

    def _reply(self, status: int, value: object) -> None:
        self._transport.write(_response(status, orjson.dumps(value)))
        self._close_if_asked()

    def _refuse(self, status: int, message: str) -> None:
        self._reply(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def _close_if_asked(self) -> None:
        if not self._parser.should_keep_alive():
            self._transport.close()


def _response(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        _REASONS[status],
        len(body),
        body,
    )


async def _serve(engine: StubEngine, port: int) -> None:
    server = await engine.listen(port)
    address = server.sockets[0].getsockname()
    click.echo(f"stub engine on http://{address[0]}:{address[1]}/v1")
    await server.serve_forever()


@click.command()
@click.option("--port", default=8100, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--model", default="stub", show_default=True, help="The name under /v1/models.")
@click.option("--tokens", default=16, show_default=True, help="Length where a request has no max_tokens.")
@click.option("--first-token-ms", default=0.0, show_default=True, help="Delay to the first token.")
@click.option("--token-ms", default=0.0, show_default=True, help="Delay between tokens.")
def main(port: int, model: str, tokens: int, first_token_ms: float, token_ms: float) -> None:
    """Serve OpenAI-compatible answers in many scripts, without a model, until Ctrl-C."""
    engine = StubEngine(model, tokens, Pace(first_token_ms / 1000, token_ms / 1000))
    uvloop.run(_serve(engine, port))


if __name__ == "__main__":
    main()
