"""Which language the answer to a request owes."""

from dataclasses import dataclass
from typing import Literal

from routing.language import Detection
from routing.language_ranges import ranges_of
from routing.request_signs.signs import RequestSigns

Why = Literal["asked", "named", "query", "undetermined"]


@dataclass(frozen=True, slots=True)
class Owed:
    """The language that an answer owes.

    language: BCP-47 tag; ``und`` where nothing is owed.
    why: ``asked`` for by a field of the request, ``named`` in its words, or the ``query``'s own.
    exempt: why the answer may be in another language all the same; empty where it may not.
    """

    language: str
    why: Why
    exempt: str = ""


def owed_language(detection: Detection, signs: RequestSigns, asked: str | None) -> Owed:
    """What the request asks for by its field, else what its words name, else its own language, which may be unknown."""
    if asked:
        return Owed(asked, "asked")
    exempt = _exemption(signs)
    if signs.target:
        return Owed(signs.target, "named", exempt)
    why: Why = "undetermined" if ranges_of(detection.language)[-1] == "und" else "query"
    return Owed(detection.language, why, exempt)


def _exemption(signs: RequestSigns) -> str:
    """A translation may repeat its original, and a lesson shows words of another language."""
    if signs.translation_request:
        return "translation_request"
    if signs.several_languages:
        return "several_languages"
    return "code_only" if signs.code_only else ""
