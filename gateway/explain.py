"""The account of what was done for a request, as its answer or `/v1/dragoman/explain` shows it."""

from typing import TYPE_CHECKING, Any

from gateway.ledger import Ledger
from routing.language import Detection

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


def explanation(plan: "Plan", ledger: Ledger) -> dict[str, Any]:
    """Language, rule, strategy and every engine call so far; no text of the request."""
    return {
        **detection_view(plan.detection),
        "rule": plan.choice.rule,
        "strategy": plan.choice.strategy.model_dump(mode="json"),
        "engine_calls": [call.view() for call in ledger.calls],
    }
