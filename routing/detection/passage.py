"""The part of a text that its language is told by, where it is written in more than one script."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from routing.detection.scripts import shares
from routing.detection.words import WordTable, words_of

_LATIN = "Latn"
_ASCII = re.compile(r"[!-~]+")
# Latin letters with marks, punctuation and combining marks stay; other scripts go.
_BEYOND_LATIN = re.compile(r"[\u0370-\u1dff\u2c80-\ua71f\ua800-\ufaff\ufb1d-\U0010ffff]+")

# Technical words, names and brands in Latin letters stand in texts of all scripts, so a script that holds a fifth
# of a text is the text's own, unless the Latin part is a sentence with function words.
_LEAST_SHARE = 0.2
_LEAST_FUNCTION_WORDS = 1.0
_RUNNING_TEXT_WORDS = 3
_RUNNING_TEXT_SHARE = 0.2
_EAST_ASIAN = frozenset({"Hani", "Hira", "Kana", "Bopo", "Hang"})


@dataclass(frozen=True, slots=True)
class Passage:
    """The words of a text that are in its main script.

    text: one line; other scripts are left out.
    script: ISO 15924; ``Hani`` for Han and kana together.
    has_other: the text also holds running text in another script.
    """

    text: str
    script: str
    has_other: bool

    @property
    def words(self) -> int:
        """How many words it has: one more than spaces."""
        return self.text.count(" ") + 1


def main_passage(prose: str, counts: Mapping[str, int], words: WordTable) -> Passage:
    """The passage of a line of prose that tells its language.

    counts: characters of each script, not empty.
    """
    together = _with_han_as_one(counts)
    if len(together) == 1:
        return Passage(prose, next(iter(together)), has_other=False)
    found = shares(together)
    other = next(script for script in found if script != _LATIN)
    latin = _BEYOND_LATIN.sub(" ", prose)
    if found[other] < _LEAST_SHARE or _is_sentence_around(latin, found[other], words):
        return Passage(" ".join(latin.split()), _LATIN, has_other=found[other] >= _RUNNING_TEXT_SHARE)
    return Passage(" ".join(_ASCII.sub(" ", prose).split()), other, _is_running(latin))


def _with_han_as_one(counts: Mapping[str, int]) -> dict[str, int]:
    together: dict[str, int] = {}
    for script, count in counts.items():
        name = "Hani" if script in ("Hira", "Kana", "Bopo") else script
        together[name] = together.get(name, 0) + count
    return together


def _is_sentence_around(latin: str, share_of_other: float, words: WordTable) -> bool:
    """Whether the Latin part asks about words of the other script: ``what does ... mean``."""
    if share_of_other > 0.5:
        return False
    return max(words.native(words_of(latin)).values(), default=0.0) >= _LEAST_FUNCTION_WORDS


def _is_running(latin: str) -> bool:
    """Whether Latin words in a text of another script are more than names and terms."""
    return sum(word[:1].islower() for word in latin.split()) >= _RUNNING_TEXT_WORDS
