"""Recognises texts whose halves are in different languages."""

from routing.detection.jury import Jury, Verdict
from routing.detection.passage import Passage

_FEWEST_WORDS = 8
_LEAST_STRENGTH = 0.55
_BEYOND_DOUBT = 0.95  # one in fifteen of the mixtures is lost to this, and half the texts need no second look


def is_mixed(passage: Passage, verdict: Verdict, jury: Jury) -> bool:
    """Whether a passage holds running text in two languages: of two scripts, or a half of each.

    Models name one language of a mixed text with confidence, so the halves are looked at one by one. Cost: 10
    to 40 µs where both halves sound like the whole, else about 80 µs for each that does not.

    verdict: the jury's, on the whole passage.
    """
    if passage.has_other:
        return True
    if passage.words < _FEWEST_WORDS or (verdict.agreed and verdict.strength >= _BEYOND_DOUBT):
        return False
    words = passage.text.split()
    middle = len(words) // 2
    languages = set()
    for half in (" ".join(words[:middle]), " ".join(words[middle:])):
        # Only the half that sounds like another language needs the jury: it is the one that must be sure.
        sounds_like_whole = jury.hears(verdict.language, half, passage.script)
        language = verdict.language if sounds_like_whole else _sure_language(half, passage.script, jury)
        if language is None:
            return False
        languages.add(language)
    return len(languages) == 2


def _sure_language(text: str, script: str, jury: Jury) -> str | None:
    verdict = jury.decide(text, script)
    return verdict.language if verdict.agreed or verdict.strength >= _LEAST_STRENGTH else None
