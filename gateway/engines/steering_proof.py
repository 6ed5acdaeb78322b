"""Whether an engine steers of which the policy says so: vLLM without the plugin would answer unsteered in silence."""

from dataclasses import dataclass
from time import monotonic

from gateway.engines.replica import Replica
from routing.engine_settings import EngineSettings, HttpEngineSettings
from routing.errors import EngineError

PROOF_LASTS_S = 10.0


def needs_proof(settings: EngineSettings) -> bool:
    """Of somebody else's engines only: one that Dragoman starts does not come up without its own proof."""
    return isinstance(settings, HttpEngineSettings) and settings.steers


@dataclass(slots=True)
class SteeringProof:
    """What a replica has shown, and until when (`time.monotonic`) that is believed."""

    holds_until: float = 0.0

    async def is_shown_by(self, replica: Replica) -> bool:
        """Whether the replica has shown that it steers, in the last ten seconds or now, when it is asked."""
        if monotonic() < self.holds_until:
            return True
        try:
            await replica.check_steers()
        except EngineError:
            return False
        self.holds_until = monotonic() + PROOF_LASTS_S
        return True
