"""Which language the answer to a request owes."""

from dataclasses import dataclass

from routing.language import UNDETERMINED, Detection
from routing.request_signs.signs import RequestSigns


@dataclass(frozen=True, slots=True)
class Owed:
    """The language owed, ``und`` where none is; why; and why it may be another all the same."""

    language: str
    why: str
    exempt: str = ""


def owed_language(detection: Detection, signs: RequestSigns, asked: str | None) -> Owed:
    """What was asked for, else what the request names, else its own language."""
    if asked:
        return Owed(asked, "asked")
    if signs.target:
        return Owed(signs.target, "named")
    return Owed(detection.language, "query" if detection.language != UNDETERMINED else "undetermined")
