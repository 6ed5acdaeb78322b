"""Everything that one process serves with, and what changes when the policy does."""

from dataclasses import dataclass

from gateway.admission import Admission
from gateway.engines.connections import Connections
from gateway.engines.pool import EnginePool
from gateway.keys import Keys
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.tracing import Tracing
from routing.language import Detector
from routing.policy import Policy


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy and the engines that it names. A request keeps the pair that it began with."""

    policy: Policy
    pool: EnginePool


@dataclass(slots=True)
class Gateway:
    """One process' settings, detector, keys, queue and counters; and the policy in force."""

    settings: Settings
    detector: Detector
    keys: Keys
    metrics: Metrics
    admission: Admission
    tracing: Tracing
    connections: Connections
    in_force: InForce
    _shown_waiting: int = 0

    async def enter(self, priority: int) -> None:
        """Takes a slot in the queue; `leave` gives it back. Raises `Overloaded`."""
        try:
            await self.admission.enter(priority)
        finally:
            self._show_queue()

    def leave(self) -> None:
        """Gives the slot back."""
        self.admission.leave()
        self._show_queue()

    def replace_policy(self, policy: Policy) -> None:
        """Puts another policy in force for the requests from now on. Engines that stay as they are, stay as they are.

        Raises `ConfigError` where one of its engines cannot be used; the old policy then stays.
        """
        before = self.in_force.pool
        pool = EnginePool(policy.engines, self.settings, self.connections, before)
        self.in_force = InForce(policy, pool)
        for engine in before.lost_to(pool):
            self.metrics.ejected.labels(engine).set(0)

    def _show_queue(self) -> None:
        self.metrics.inflight.set(self.admission.inflight)
        if self.admission.waiting != self._shown_waiting:
            self._shown_waiting = self.admission.waiting
            self.metrics.waiting.set(self._shown_waiting)
