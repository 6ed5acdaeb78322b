"""The way past Serve's layers, on Serve's own classes and without a cluster; tests/stack has it in one."""

import asyncio
import importlib
import logging
import warnings
from collections.abc import Callable
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

with warnings.catch_warnings(action="ignore"):  # Ray's own modules warn when they are imported
    import ray
    from ray import serve
    from ray.serve._private.http_util import _apply_middlewares
    from ray.serve._private.replica import Replica, ReplicaMetricsManager

    from gateway.ray_serve.past_serve import MIDDLEWARES_PATH, middlewares

REQUEST = {
    "type": "http",
    "path": "/v1/chat/completions",
    "headers": [(b"x-request-id", "ідентифікатор".encode())],
}


class Seen:
    """A replica that counts as Serve's do, with an app of the gateway's that notes what reaches it.

    serves: what Serve's own layers were given. counts: how many requests Serve thought were under way, at each call.
    """

    def __init__(self, app: ASGIApp | None = None) -> None:
        self.serves: list[Scope] = []
        self.gateways: list[tuple[Scope, Receive, Send]] = []
        self.counts: list[int] = []
        self.gateway_app: ASGIApp = self._note if app is None else app
        self._replica = cast("Any", object.__new__(_ListeningReplica))
        self._replica._metrics_manager = _metrics_manager()
        self._replica.seen = self

    def ongoing(self) -> int:
        return int(self._replica._metrics_manager.get_num_ongoing_requests())

    def whole(self) -> ASGIApp:
        """The app that Serve gives uvicorn."""
        around = cast("list[Callable[..., Any]]", middlewares())  # what Ray says they are
        return _apply_middlewares(self._replica._direct_ingress_asgi, around)

    async def _note(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.gateways.append((scope, receive, send))
        self.counts.append(self.ongoing())


class _ListeningReplica(Replica):
    seen: Seen

    async def _direct_ingress_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.serves.append(scope)


def _metrics_manager() -> ReplicaMetricsManager:
    manager = cast("Any", object.__new__(ReplicaMetricsManager))
    manager._num_ongoing_requests = 0
    manager._ingress = True
    manager._ingress_metrics = manager._ingress_ongoing_requests = {}
    manager._cached_metrics_enabled = True
    return cast("ReplicaMetricsManager", manager)


async def _receive() -> Message:
    return {"type": "http.request"}


async def _send(message: Message) -> None:
    """Nobody looks at it."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return _in_context(Seen(), monkeypatch)


def _in_context(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Seen:
    monkeypatch.setattr(serve, "get_replica_context", lambda: SimpleNamespace(servable_object=seen))
    return seen


async def test_a_request_reaches_the_app_as_the_server_gave_it(seen: Seen) -> None:
    await seen.whole()(REQUEST, _receive, _send)
    assert seen.gateways == [(REQUEST, _receive, _send)]
    assert seen.serves == []


@pytest.mark.parametrize("scope", [{**REQUEST, "path": "/-/healthz"}, {**REQUEST, "type": "websocket"}])
async def test_what_is_serves_own_reaches_serve(seen: Seen, scope: Scope) -> None:
    await seen.whole()(scope, _receive, _send)
    assert [one["path"] for one in seen.serves] == [scope["path"]]
    assert seen.gateways == []


async def test_serve_counts_the_requests_that_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        if scope["path"] == "/fails":
            raise ValueError

    seen = _in_context(Seen(app), monkeypatch)
    whole = seen.whole()
    paths = ["/ends", "/fails", "/is-cancelled"]
    tasks = [asyncio.ensure_future(whole({**REQUEST, "path": path}, _receive, _send)) for path in paths]
    await asyncio.sleep(0)
    assert seen.ongoing() == 3
    tasks[2].cancel()
    await asyncio.wait(tasks[2:])
    assert seen.ongoing() == 2
    go_on.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), ValueError, asyncio.CancelledError]
    assert seen.ongoing() == 0


async def test_of_an_unknown_ray_requests_take_the_long_way_and_the_log_says_so(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ray, "__version__", "2.61.0")
    with caplog.at_level(logging.WARNING, logger="dragoman"):
        await seen.whole()(REQUEST, _receive, _send)
    assert seen.gateways == []
    assert len(seen.serves) == 1
    assert "2.61.0" in caplog.text


def test_the_ray_that_is_installed_is_known() -> None:
    assert middlewares(), f"look whether gateway/ray_serve/past_serve.py still fits Ray {version('ray')}"


def test_serve_finds_the_function_by_its_name() -> None:
    module, _, name = MIDDLEWARES_PATH.rpartition(".")
    assert getattr(importlib.import_module(module), name) is middlewares
