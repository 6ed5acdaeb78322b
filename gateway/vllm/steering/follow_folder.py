"""Brings an engine's profiles in line with its folder before a request needs them."""

from typing import TYPE_CHECKING

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from gateway.vllm.steering.control import Control


class FollowFolder:
    """ASGI middleware: whatever comes to an engine finds its profiles as its folder has had them for a second.

    Here and not in a task of its own: an engine that nobody asks has nothing to be brought in line for.
    """

    def __init__(self, app: ASGIApp, *, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands everything on."""
        control: Control | None = getattr(self._state, "dragoman_steering", None)
        if control is not None and scope["type"] == "http":
            await control.follow()
        await self._app(scope, receive, send)
