"""Recognises texts whose halves are in different languages."""

from routing.detection.jury import Jury, Verdict
from routing.detection.passage import Passage

_FEWEST_WORDS = 8
_LEAST_STRENGTH = 0.55
_BEYOND_DOUBT = 0.95  # one in fifteen of the mixtures is lost to this, and half the texts need no second look


def is_mixed(passage: Passage, verdict: Verdict, jury: Jury) -> bool:
    """Whether a passage holds running text in two languages: of two scripts, or a half of each.

    Models name one language of a mixed text with confidence, so the halves are looked at one by one. Cost: 10
    to 40 µs where fastText gives both halves the same language, else about 200 µs.

    verdict: the jury's, on the whole passage.
    """
    if passage.has_other:
        return True
    if passage.words < _FEWEST_WORDS or (verdict.agreed and verdict.strength >= _BEYOND_DOUBT):
        return False
    parts = passage.text.split()
    middle = len(parts) // 2
    halves = [" ".join(parts[:middle]), " ".join(parts[middle:])]
    guesses = [jury.guess(half, passage.script) for half in halves]
    if guesses[0] == guesses[1]:
        return False
    # The half that sounds like the whole needs no second look: it is the other that must be sure.
    languages = {
        verdict.language if guess == verdict.language else _sure_language(half, passage.script, jury)
        for half, guess in zip(halves, guesses, strict=True)
    }
    return len(languages) == 2 and None not in languages


def _sure_language(text: str, script: str, jury: Jury) -> str | None:
    verdict = jury.decide(text, script)
    return verdict.language if verdict.agreed or verdict.strength >= _LEAST_STRENGTH else None
