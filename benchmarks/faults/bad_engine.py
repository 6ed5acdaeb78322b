"""An engine that answers every chat request in one wrong way; its models it lists rightly.

python -m benchmarks.faults.bad_engine --port 8101 --way garbage
"""

import asyncio
import contextlib

import click

_MODELS = b'{"object":"list","data":[{"id":"benchmark","object":"model"}]}'
_EVENT = (
    b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"benchmark",'
    b'"choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":null}]}\n\n'
)
_JSON, _SSE = b"application/json", b"text/event-stream"


def _answer(kind: bytes, body: bytes, *, length: int | None = None, status: bytes = b"200 OK") -> bytes:
    said = len(body) if length is None else length
    return b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (status, kind, said, body)


def _stream(*events: bytes) -> bytes:
    """A chunked response that does not end."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n%b" % (_SSE, chunks)


_HALF_AN_EVENT = (_EVENT % "प्र".encode())[:-20]

WAYS: dict[str, bytes] = {
    "garbage": b"\x00\xff\x16\x03\x01 this is no HTTP\r\n\r\n",
    "reset": b"",
    "html-500": _answer(
        b"text/html", b"<html>Internal Server Error</html>", status=b"500 Internal Server Error"
    ),
    "empty-200": _answer(_JSON, b""),
    "not-json": _answer(_JSON, b'{"choices": [{"mess'),
    "not-utf8": _answer(_JSON, b'{"choices":[{"message":{"content":"\xff\xfe\xc3"}}]}'),
    "short-body": _answer(_JSON, b'{"choices":', length=5000),
    "cut-stream": _stream(_EVENT % "नम".encode(), _EVENT % "स्ते".encode()),
    "cut-event": _stream(_EVENT % "नम".encode(), _HALF_AN_EVENT),
    "stream-without-done": _stream(_EVENT % "नम".encode()) + b"0\r\n\r\n",
    "bad-chunk-size": _stream(_EVENT % "नम".encode()) + b"zz\r\n",
    "long-header": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000,
    "two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 30\r\n\r\n{}",
}
"""By name, what is sent before the connection is reset."""


async def serve(port: int, way: str) -> None:
    """Serves on 127.0.0.1 until it is cancelled."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_answer(_JSON, _MODELS) if head.startswith(b"GET") else WAYS[way])
            await writer.drain()
            await asyncio.sleep(0.05)  # else the reset overtakes what was said
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


@click.command()
@click.option("--port", default=8101, show_default=True)
@click.option("--way", type=click.Choice(list(WAYS)), required=True)
def main(port: int, way: str) -> None:
    """Answer wrongly, until Ctrl-C."""
    asyncio.run(serve(port, way))


if __name__ == "__main__":
    main()
