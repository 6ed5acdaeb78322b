"""What a strategy knows and may use besides the request itself."""

from collections.abc import Callable
from dataclasses import dataclass

from routing.budget import Purse
from routing.generation import Generation
from routing.language import Detection, Detector
from routing.notes import Notes
from routing.prompts import Prompts
from routing.request_signs.signs import RequestSigns


def never_hedges(_generation: Generation) -> bool:
    """For engines of which nothing is known."""
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of one strategy. A strategy that nests another may give it a changed one.

    detection: the language of the request that the strategy sees.
    signs: what the request itself says about languages and translation.
    owed: BCP-47 tag of the language that the answer owes; ``und`` where nothing is owed.
    exempt: why the answer may be in another language all the same; empty where it may not.
    notes: takes what the strategy decides.
    deadline: when preparing must be done, on the event loop's clock; None where time is not bounded.
    purse: the tokens that hidden calls may still draw; None where they are not bounded.
    hedges: whether a generation's engine gives each of its ``n`` answers a temperature of its own where it is asked to
        (`routing.hedge_request`).
    """

    detection: Detection
    signs: RequestSigns
    owed: str
    detector: Detector
    prompts: Prompts
    notes: Notes
    exempt: str = ""
    deadline: float | None = None
    purse: Purse | None = None
    hedges: Callable[[Generation], bool] = never_hedges
