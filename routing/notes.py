"""What a strategy tells of its own decisions: shown in the explanation, counted in the metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["kept", "broken", "repaired", "exempt", "unjudged"]
"""How a contract ended. ``unjudged``: the answer held too little text to tell."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A strategy left the request to its inner strategy or to the engine as it was. ``reason`` is one word."""

    strategy: str
    reason: str


@dataclass(frozen=True, slots=True)
class Degraded:
    """A strategy failed or ran out of its budget, and a lesser one took over: ``to``."""

    strategy: str
    reason: str
    to: str


@dataclass(frozen=True, slots=True)
class Retried:
    """A strategy made a call again because of ``reason``."""

    strategy: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selected:
    """A selector chose among samples.

    samples: how many it had. dropped: how many of them it did not consider, since they broke the contract.
    agreement: 0 to 1, how far the samples agree with the chosen one, as the selector measures it; None where none is
        chosen, but an answer made of all.
    tokens_saved: about how many tokens were not drawn because the outcome was decided.
    """

    selector: str
    samples: int
    dropped: int
    agreement: float | None
    tokens_saved: int = 0


@dataclass(frozen=True, slots=True)
class Contracted:
    """An answer was held against the language that it owes."""

    language: str
    level: str
    outcome: Outcome


Note = Skipped | Degraded | Retried | Selected | Contracted

Notes = Callable[[Note], None]
"""Takes a note; never raises, never blocks."""
