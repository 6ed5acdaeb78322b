from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.vllm.sampling.metrics import SamplerMetrics
from gateway.vllm.sampling.worker import COUNTED_AT, sampled_rows


class _Engine:
    """An engine client of two workers, one of which draws nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def collective_rpc(self, method: str) -> list[dict[str, int]]:
        self.asked.append(method)
        return [{"kernel": 7, "vllm": 2}, {}]


def test_the_page_tells_who_drew_and_no_other_page_asks() -> None:
    registry, engine = CollectorRegistry(), _Engine()

    def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse(generate_latest(registry).decode())

    app = Starlette(routes=[Route("/metrics", page), Route("/health", page)])
    app.add_middleware(SamplerMetrics, registry=registry)
    app.state.engine_client = engine
    client = TestClient(app)
    client.get("/health")
    assert not engine.asked
    text = client.get("/metrics").text
    assert 'dragoman_sampled_rows_total{sampler="kernel"} 7.0' in text
    assert 'dragoman_sampled_rows_total{sampler="vllm"} 2.0' in text


def test_a_worker_tells_its_counts_and_one_without_our_sampler_none() -> None:
    runner: Any = SimpleNamespace(sampler=SimpleNamespace(**{COUNTED_AT: {"kernel": 3}}))
    assert sampled_rows(SimpleNamespace(model_runner=runner)) == {"kernel": 3}
    for other in (SimpleNamespace(sampler=SimpleNamespace()), SimpleNamespace(sampler=None), object()):
        assert sampled_rows(SimpleNamespace(model_runner=other)) == {}
