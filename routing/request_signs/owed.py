"""Which language the answer to a request owes."""

from dataclasses import dataclass
from typing import Literal

from routing.detection.tags import NO_LANGUAGES, primary_language
from routing.language import UNDETERMINED, Detection
from routing.request_signs.signs import RequestSigns

Why = Literal["asked", "named", "query", "undetermined"]


@dataclass(frozen=True, slots=True)
class Owed:
    """The language that an answer owes.

    language: BCP-47 tag; ``und`` where nothing is owed: of ``und-Latn``, too, or where ``mul`` or ``zxx`` is asked for.
    why: ``asked`` for by a field of the request, ``named`` in its words, or the ``query``'s own.
    exempt: why the answer may be in another language all the same; empty where it may not.
    """

    language: str
    why: Why
    exempt: str = ""


def owed_language(detection: Detection, signs: RequestSigns, asked: str | None) -> Owed:
    """What the request asks for by its field, else what its words name, else its own language, which may be unknown."""
    if asked:
        return Owed(UNDETERMINED if _is_none(asked) else asked, "asked")
    exempt = _exemption(signs)
    if signs.target:
        return Owed(signs.target, "named", exempt)
    if _is_none(detection.language):
        return Owed(UNDETERMINED, "undetermined", exempt)
    return Owed(detection.language, "query", exempt)


def _is_none(tag: str) -> bool:
    return primary_language(tag) in NO_LANGUAGES


def _exemption(signs: RequestSigns) -> str:
    """A translation may repeat its original, and a lesson shows words of another language."""
    if signs.translation_request:
        return "translation_request"
    if signs.several_languages:
        return "several_languages"
    return "code_only" if signs.code_only else ""
