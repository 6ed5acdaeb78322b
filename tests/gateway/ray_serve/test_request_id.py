from starlette.types import Message, Receive, Scope, Send

from gateway.ray_serve.request_id import LeaveRequestIdToServe


async def _answer(asked: bytes | None, answered: bytes) -> list[tuple[bytes, bytes]]:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/plain"), (b"x-request-id", answered)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"x-request-id", asked)] if asked is not None else []
    await LeaveRequestIdToServe(app)({"type": "http", "headers": headers}, receive, send)
    return list(sent[0]["headers"])


async def test_an_id_that_serve_sends_back_is_not_sent_twice() -> None:
    assert await _answer(b"abc", b"abc") == [(b"content-type", b"text/plain")]


async def test_an_id_of_the_gateways_own_stays() -> None:
    assert (b"x-request-id", b"made") in await _answer(b"b\xc3\xa4d id", b"made")
    assert (b"x-request-id", b"made") in await _answer(None, b"made")
