"""Whether an answer must have a form that a program reads, so that nothing may be added to it or changed in it."""

from collections.abc import Mapping
from typing import Any

_FORMLESS = "text"


def is_json_asked(body: Mapping[str, Any]) -> bool:
    """Whether a ``response_format`` asks for more than text. Many clients say ``{"type": "text"}``, the default."""
    asked = body.get("response_format")
    return asked is not None and asked["type"] != _FORMLESS


def is_grammar_asked(body: Mapping[str, Any]) -> bool:
    """Whether the answer is held to a grammar, a pattern or a choice by vLLM's own ``structured_outputs``."""
    return bool(body.get("structured_outputs"))


def has_form(body: Mapping[str, Any]) -> bool:
    """Whether the answer must have any such form."""
    return is_json_asked(body) or is_grammar_asked(body)
