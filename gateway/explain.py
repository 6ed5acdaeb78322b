"""The account of what was done for a request, as its answer or `/v1/dragoman/explain` shows it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gateway.ledger import Ledger
from routing.language import Detection
from routing.notes import Note

if TYPE_CHECKING:
    from gateway.trip import Plan


def detection_view(detection: Detection) -> dict[str, Any]:
    """A detection as JSON."""
    return {
        "language": detection.language,
        "confidence": round(detection.confidence, 4),
        "mixed": detection.mixed,
        "romanised": detection.romanised,
        "source": detection.source,
    }


def contract_view(plan: "Plan") -> dict[str, Any]:
    """The language that the answer owes, why, and what is done about it."""
    owed = plan.owed
    return {"language": owed.language, "why": owed.why, "level": plan.choice.contract.level}


def explanation(plan: "Plan", ledger: Ledger, notes: Sequence[Note] = ()) -> dict[str, Any]:
    """Language, rule, strategy, what it decided and every engine call so far; no text of the request."""
    return {
        **detection_view(plan.detection),
        "rule": plan.choice.rule,
        "strategy": plan.choice.strategy.model_dump(mode="json"),
        "contract": contract_view(plan),
        "notes": [{"note": type(note).__name__.lower(), **asdict(note)} for note in notes],
        "engine_calls": [call.view() for call in ledger.calls],
    }
