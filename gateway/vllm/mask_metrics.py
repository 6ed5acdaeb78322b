"""What masks add to vLLM's own ``/metrics``."""

from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Receive, Scope, Send

_GATE_ACTED = "dragoman_mask_gate_acted"


class MaskMetrics(Collector):
    """ASGI middleware: asks the workers for their count before ``/metrics`` is answered, and at no other time.

    vLLM takes it with ``--middleware gateway.vllm.mask_metrics.MaskMetrics``; its workers must have
    `gateway.vllm.mask_worker.MaskWorker`. One for each app and registry.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry = REGISTRY) -> None:
        self._app = app
        self._acted = 0
        registry.register(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands everything on."""
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith("/metrics"):
            # Workers of one engine see the same tokens; those that draw none say 0.
            self._acted = max(await scope["app"].state.engine_client.collective_rpc(_GATE_ACTED))
        await self._app(scope, receive, send)

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        yield CounterMetricFamily(
            _GATE_ACTED, "Tokens that a language mask in the mode gate held", value=self._acted
        )
