"""Which language a text is in: the value that detection yields, and the seam that detectors stand behind."""

from dataclasses import dataclass
from typing import Protocol

UNDETERMINED = "und"
"""The BCP-47 tag of a language that could not be told. Never a synonym for English."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What is known of a text's language.

    language: BCP-47 tag, with the script where a language is written in several that matter
        (``zh-Hant``, ``sr-Latn``, ``hi-Latn``); ``und`` where undecided, ``und-Latn`` where only the script
        is known.
    confidence: 0 to 1; how often a detection of this confidence is right (measured, see docs/detection.md).
    mixed: the text holds running text in more than one language.
    romanised: the text is in Latin letters though its language has a script of its own.
    source: where the answer comes from: ``request``, ``script``, ``fasttext``, ``vote``, ``conversation``,
        ``prior`` or ``none``.
    alternatives: other languages that the text leaves open, likeliest first, at most three.
    """

    language: str
    confidence: float
    mixed: bool = False
    romanised: bool = False
    source: str = "none"
    alternatives: tuple[str, ...] = ()


NO_LANGUAGE = Detection(UNDETERMINED, 0.0)
"""The detection of a text that holds no language: empty, digits, code alone."""


class Detector(Protocol):
    """Tells the language of one text."""

    def detect(self, text: str) -> Detection:
        """Never raises, whatever the text; blocks for well under a millisecond."""
        ...


@dataclass(frozen=True, slots=True)
class Conversation:
    """The texts and wishes of one request that bear on its language.

    latest: the newest user message, or the prompt.
    earlier: user messages before it, oldest first.
    system: system and developer messages, joined.
    language: an explicit BCP-47 tag from the request; it decides.
    accept_language: the HTTP header as sent; a prior for undecided texts, never more.
    """

    latest: str
    earlier: tuple[str, ...] = ()
    system: str = ""
    language: str | None = None
    accept_language: str | None = None
