"""One ``x-request-id`` on each response: Ray Serve's layers add theirs to the gateway's, where one comes through."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAME = b"x-request-id"


class LeaveRequestIdToServe:
    """ASGI middleware: takes the request id off a response where it is the one that Ray Serve will put there.

    Serve gives a request without an id one before the app sees it, and sends back the request's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Changes the response's headers, nothing else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        serves = next(((name, value) for name, value in scope["headers"] if name == _NAME), None)

        async def send_without(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [header for header in message["headers"] if tuple(header) != serves]
            await send(message)

        await self._app(scope, receive, send_without)
