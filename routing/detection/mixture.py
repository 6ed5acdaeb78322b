"""Recognises texts whose halves are in different languages."""

from routing.detection.jury import Jury
from routing.detection.words import WordTable, words_of

_FEWEST_WORDS = 8
_LEAST_STRENGTH = 0.55


def is_mixed(text: str, script: str, jury: Jury, words: WordTable) -> bool:
    """Whether the first and the second half of a passage are clearly in different languages.

    Models name one language of a mixed text with confidence, so the halves are looked at one by one. Cost: 10 µs
    where fastText gives both halves the same language, else 200 µs.
    """
    parts = text.split()
    if len(parts) < _FEWEST_WORDS:
        return False
    middle = len(parts) // 2
    halves = [" ".join(parts[:middle]), " ".join(parts[middle:])]
    if len({jury.guess(half, script) for half in halves}) == 1:
        return False
    verdicts = [jury.decide(half, script, words.weigh(words_of(half)).native) for half in halves]
    return verdicts[0].language != verdicts[1].language and all(
        verdict.agreed or verdict.strength >= _LEAST_STRENGTH for verdict in verdicts
    )
