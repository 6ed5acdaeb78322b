"""The count of the gate, from the workers to the page that Prometheus reads."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.vllm.language_mask import LanguageMask
from gateway.vllm.mask_metrics import MaskMetrics
from gateway.vllm.mask_worker import MaskWorker


class _Engine:
    """An engine client whose workers give these counts."""

    def __init__(self, counts: Iterable[int]) -> None:
        self.counts = list(counts)
        self.asked: list[str] = []

    async def collective_rpc(self, method: str) -> list[int]:
        self.asked.append(method)
        return self.counts


def _app(engine: _Engine) -> TestClient:
    registry = CollectorRegistry()

    def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse(generate_latest(registry).decode())

    app = Starlette(routes=[Route("/metrics", page), Route("/health", page)])
    app.add_middleware(MaskMetrics, registry=registry)
    app.state.engine_client = engine
    return TestClient(app)


def test_the_page_has_what_the_workers_have_counted_by_then() -> None:
    engine = _Engine([3, 0])
    client = _app(engine)
    assert "dragoman_mask_gate_acted_total 3.0" in client.get("/metrics").text
    engine.counts = [8, 0]
    assert "dragoman_mask_gate_acted_total 8.0" in client.get("/metrics").text


def test_workers_are_asked_for_nothing_else_and_by_a_name_that_they_have() -> None:
    engine = _Engine([0])
    client = _app(engine)
    client.get("/health")
    assert engine.asked == []
    client.get("/metrics")
    (asked,) = engine.asked
    assert callable(getattr(MaskWorker, asked))


def _mask(acted: int) -> LanguageMask:
    config = SimpleNamespace(model_config=None, speculative_config=None)
    mask = LanguageMask(cast(Any, config), torch.device("cpu"))
    mask._holder._acted += acted
    return mask


@pytest.mark.parametrize(
    ("runner", "count"),
    [
        (
            SimpleNamespace(
                input_batch=SimpleNamespace(logitsprocs=SimpleNamespace(all=[object(), _mask(4)]))
            ),
            4,
        ),
        (SimpleNamespace(sampler=SimpleNamespace(logits_processors=[object(), _mask(5)])), 5),
        (SimpleNamespace(sampler=None), 0),
    ],
)
def test_a_worker_finds_its_mask_in_either_model_runner(runner: Any, count: int) -> None:
    worker = MaskWorker()
    worker.model_runner = runner
    assert worker.dragoman_mask_gate_acted() == count
