import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from gateway.ray_serve.engine_guard import RequireKey

KEY = "sesame"


async def _open_app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


async def _ask(
    headers: list[tuple[bytes, bytes]], path: str = "/v1/models", kind: str = "http"
) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": f"{kind}.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    await RequireKey(_open_app, key=KEY)({"type": kind, "path": path, "headers": headers}, receive, send)
    return sent


@pytest.mark.parametrize(
    "path", ["/v1/models", "/tokenize", "/metrics", "/invocations", "/health", "/", "/नमस्ते"]
)
async def test_no_path_is_open_without_the_key(path: str) -> None:
    start, body = await _ask([], path)
    assert start["status"] == 401
    assert b"secret" not in body["body"]


async def test_the_key_opens_the_app() -> None:
    start, body = await _ask([(b"host", b"x"), (b"authorization", b"Bearer sesame")])
    assert (start["status"], body["body"]) == (200, b"secret")


@given(st.binary(max_size=40).filter(lambda value: value != b"Bearer sesame"))
async def test_nothing_but_the_key_opens_it(value: bytes) -> None:
    start, _ = await _ask([(b"authorization", value)])
    assert start["status"] == 401


async def test_a_websocket_without_the_key_is_closed() -> None:
    assert await _ask([], "/v1/realtime", "websocket") == [{"type": "websocket.close", "code": 1008}]


async def test_the_apps_own_start_and_end_pass() -> None:
    assert (await _ask([], kind="lifespan"))[0]["type"] == "http.response.start"


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        RequireKey(_open_app, key="")
