"""The signs in a request that decide which language its answer owes, and when it is better not translated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestSigns:
    """What a look at the words of a request tells."""

    translation_request: bool = False
    target: str | None = None
    several_languages: bool = False
    small_talk: bool = False
    culture_bound: bool = False
    span_extraction: bool = False
    code_only: bool = False


def read_signs(text: str, language: str) -> RequestSigns:
    """The signs in a text in this language."""
    return RequestSigns()
