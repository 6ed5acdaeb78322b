"""Whether a replica is worth calling, from how its last calls went."""

from dataclasses import dataclass

EJECT_AFTER = 3
FIRST_EJECTION_S = 2.0
LONGEST_EJECTION_S = 60.0


@dataclass(slots=True)
class Health:
    """Ejects a replica after consecutive failures, for twice as long each time; one success forgives all.

    When its time is up the replica gets calls again, and a single failure ejects it anew. What fails while it is
    ejected was begun before, and says nothing new: else one crash under load would count as hundreds, and keep a
    replica that is back in a second out for a minute. ``now`` is any clock's seconds, as long as it is the same one
    throughout.
    """

    failures: int = 0
    ejected_until: float = 0.0

    def is_ejected(self, now: float) -> bool:
        """Whether it is out of rotation."""
        return now < self.ejected_until

    def succeed(self) -> None:
        """It answered: as good as new."""
        self.failures = 0
        self.ejected_until = 0.0

    def fail(self, now: float) -> None:
        """It could not be reached, hung, or broke off."""
        if self.is_ejected(now):
            return
        self.failures += 1
        if self.failures >= EJECT_AFTER:
            longer = 2.0 ** min(self.failures - EJECT_AFTER, 10)
            self.ejected_until = now + min(LONGEST_EJECTION_S, FIRST_EJECTION_S * longer)
