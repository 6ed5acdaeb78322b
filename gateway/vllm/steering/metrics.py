"""What steering adds to vLLM's own ``/metrics``."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from gateway.vllm.steering.control import Control


class SteeringCollector(Collector):
    """Counts as they are when ``/metrics`` is read. Labels are loaded profiles: as many as the engine has room for."""

    def __init__(self, control: "Control") -> None:
        self._control = control

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        admission = self._control.admission
        yield _by_profile("dragoman_steering_tokens", "Tokens steered", self._control.tokens_steered)
        yield _by_profile("dragoman_steering_requests", "Requests admitted to be steered", admission.admitted)
        refused = "Requests that asked for steering which they could not have"
        yield CounterMetricFamily("dragoman_steering_refused", refused, value=admission.refused)
        loaded = len(admission.profiles)
        yield GaugeMetricFamily(
            "dragoman_steering_profiles", "Profiles that requests may ask for", value=loaded
        )


def _by_profile(name: str, documentation: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, documentation, labels=["profile"])
    for profile, count in sorted(counts.items()):
        family.add_metric([profile], count)
    return family


class RefreshBeforeScrape:
    """ASGI middleware: asks the workers for their counts before ``/metrics`` is answered, and at no other time."""

    def __init__(self, app: ASGIApp, *, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands everything on."""
        control: Control | None = getattr(self._state, "dragoman_steering", None)
        if control is not None and scope["type"] == "http" and scope["path"].rstrip("/").endswith("/metrics"):
            await control.refresh()
        await self._app(scope, receive, send)
