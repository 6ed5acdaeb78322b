"""What our sampler adds to vLLM's own ``/metrics``."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Receive, Scope, Send

SAMPLED_ROWS = "dragoman_sampled_rows"
"""The metric, and the call of vLLM's workers that tells it."""


class SamplerMetrics(Collector):
    """ASGI middleware: asks the workers for their counts before ``/metrics`` is answered, and at no other time.

    vLLM takes it with ``--middleware gateway.vllm.sampling.metrics.SamplerMetrics``. One for each app and registry.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry = REGISTRY) -> None:
        self._app = app
        self._rows: Mapping[str, int] = MappingProxyType({})
        registry.register(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands everything on."""
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith("/metrics"):
            # Every worker of an engine draws the same rows, or none.
            counts = await scope["app"].state.engine_client.collective_rpc(SAMPLED_ROWS)
            self._rows = max(counts, key=lambda rows: sum(rows.values()))
        await self._app(scope, receive, send)

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        family = CounterMetricFamily(
            SAMPLED_ROWS, "Rows of logits, by which sampler drew from them", labels=["sampler"]
        )
        for sampler, count in sorted(self._rows.items()):
            family.add_metric([sampler], count)
        yield family
