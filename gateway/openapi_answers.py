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

TOLD_HEADERS: dict[str, Any] = {
    "x-dragoman-language": {"description": "BCP-47 tag of the user's language.", "schema": _STRING},
    "x-dragoman-confidence": {"description": "How sure of it, from 0 to 1.", "schema": _STRING},
    "x-dragoman-strategy": {"description": "What was done about it.", "schema": _STRING},
    "x-dragoman-engine-calls": {"description": "How many calls that took.", "schema": _STRING},
    "x-ratelimit-remaining-requests": {
        "description": "Left to the key, where it has a limit.",
        "schema": _STRING,
    },
    "x-ratelimit-remaining-tokens": {"description": "As if they were English.", "schema": _STRING},
}
