"""Answers in JSON, in a form that is equal where their values are."""

import json
import re
import unicodedata
from typing import Any

_FENCED = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)


def json_answer(text: str) -> str | None:
    """The object or array that a text is, or that stands in its last code block: keys sorted, 1.0 as 1, NFC.

    None where there is none: numbers and strings on their own are read as such.
    """
    blocks = _FENCED.findall(text)
    return next((found for each in (text, *reversed(blocks)) if (found := _canonical(each.strip()))), None)


def _canonical(text: str) -> str | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        value = json.loads(text, parse_constant=_refuse)
        return json.dumps(
            _same_numbers(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
    except (ValueError, RecursionError):  # deeply nested text is no answer
        return None


def _same_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", key): _same_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_same_numbers(inner) for inner in value]
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
