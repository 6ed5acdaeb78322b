"""How one request ended, as its client sees it, and what a fault cost all of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """From best to worst. The last four are what must not happen."""

    ANSWERED = "answered"
    REFUSED = "refused"  # 429, with a JSON error and when to come back
    FAILED = "failed"  # another status, or an event within the stream, with a JSON error
    OPAQUE = "opaque"  # an error status whose body is not OpenAI's JSON
    BROKEN = "broken"  # the connection ended without an answer or an error
    HUNG = "hung"  # neither came in time
    WRONG = "wrong"  # an answer, but not what the engine said


@dataclass(frozen=True, slots=True)
class Outcome:
    """begun_s, took_s: on the load's own clock. detail: what was seen, for the log of a bad run."""

    begun_s: float
    took_s: float
    ending: Ending
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a fault cost. back_s: from the end of the fault to when the last request began that was not answered."""

    count: int
    endings: Counter[Ending]
    back_s: float
    slowest_s: float

    @property
    def is_clean(self) -> bool:
        """Whether every request had an answer or an error that says so."""
        return not sum(self.endings[bad] for bad in (Ending.BROKEN, Ending.HUNG, Ending.WRONG, Ending.OPAQUE))


def cost(outcomes: Sequence[Outcome], healed_s: float) -> Cost:
    """Sums outcomes up. healed_s: when the fault was over, on the load's clock."""
    lost = [one.begun_s for one in outcomes if one.ending != Ending.ANSWERED]
    return Cost(
        count=len(outcomes),
        endings=Counter(one.ending for one in outcomes),
        back_s=max(0.0, max(lost, default=0.0) - healed_s),
        slowest_s=max(one.took_s for one in outcomes),
    )


def said(outcomes: Sequence[Outcome], at_most: int = 5) -> list[str]:
    """What clients were told where they got no answer, the most frequent first, with how often and when."""
    begun_s: dict[tuple[Ending, str], list[float]] = {}
    for one in outcomes:
        if one.ending != Ending.ANSWERED:
            begun_s.setdefault((one.ending, one.detail), []).append(one.begun_s)
    ordered = sorted(begun_s.items(), key=lambda item: -len(item[1]))
    return [
        f"{len(times)} {ending}, begun at {min(times):.1f} to {max(times):.1f} s: {detail}"
        for (ending, detail), times in ordered[:at_most]
    ]
