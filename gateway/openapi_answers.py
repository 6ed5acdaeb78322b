"""The gateway's own answers and headers, as the OpenAPI document describes them. Engines' answers are theirs."""

from typing import Any

_STRING = {"type": "string"}
_MAYBE_STRING = {"type": ["string", "null"]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


_DETECTION: dict[str, dict[str, Any]] = {
    "language": {"type": "string", "description": "BCP-47; `und` where undecided."},
    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    "mixed": {"type": "boolean"},
    "romanised": {"type": "boolean"},
    "source": _STRING,
}

ANSWERS: dict[str, Any] = {
    "Error": _object(
        error=_object(message=_STRING, type=_STRING, param=_MAYBE_STRING, code=_MAYBE_STRING),
    ),
    "Status": _object(status=_STRING),
    "Model": _object(id=_STRING, object={"const": "model"}),
    "Models": _object(
        object={"const": "list"}, data={"type": "array", "items": {"$ref": "#/components/schemas/Model"}}
    ),
    "Detection": _object(**_DETECTION),
    "Explanation": _object(
        **_DETECTION,
        rule=_STRING,
        strategy=_object(kind=_STRING),
        engine_calls={"type": "array", "items": {"type": "object"}},
    ),
}

HEADERS: dict[str, Any] = {
    "x-request-id": {"description": "The client's own, or a new one.", "required": True, "schema": _STRING},
}

_TOLD = {
    "x-dragoman-language": "BCP-47 tag of the user's language.",
    "x-dragoman-confidence": "How sure of it, from 0 to 1.",
    "x-dragoman-strategy": "What was done about it.",
    "x-dragoman-engine-calls": "How many calls that took.",
    "x-dragoman-skipped": "Which strategies left the request alone, and why.",
    "x-dragoman-degraded": "Which lesser strategy took over, and why.",
    "x-dragoman-contract": "The language that the answer owes, and whether it is in it.",
    "x-dragoman-hidden-calls": "Purpose, tokens, seconds and outcome of each call beside the answer.",
    "x-ratelimit-limit-requests": "Where the key has such a limit.",
    "x-ratelimit-remaining-requests": "What is left of it.",
    "x-ratelimit-reset-requests": "Seconds until all of it is there again.",
    "x-ratelimit-limit-tokens": "As if they were English.",
    "x-ratelimit-remaining-tokens": "What is left of them.",
    "x-ratelimit-reset-tokens": "Seconds until all of them are there again.",
}
TOLD_HEADERS: dict[str, Any] = {
    name: {"description": description, "schema": _STRING} for name, description in _TOLD.items()
}
