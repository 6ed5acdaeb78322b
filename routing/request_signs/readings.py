"""A sentence, read with the phrases of each language that it might be in."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.language import UNDETERMINED
from routing.language_ranges import ranges_of
from routing.request_signs.lexicon import known_languages, phrases_in
from routing.request_signs.phrases import Hit
from routing.request_signs.words import Sentence

_WRITTEN_ALIKE = {"hr": "sr", "bs": "sr", "sh": "sr"}
_OF_SCRIPTS = tuple(
    (re.compile(f"[{letters}]"), languages.split())
    for letters, languages in (
        ("\u0370-\u03ff", "el"),
        ("\u0400-\u04ff", "ru uk bg sr"),
        ("\u05d0-\u05ea", "he"),
        ("\u0620-\u06ff", "ar fa ur"),
        ("\u0900-\u0963", "hi mr"),
        ("\u0980-\u09ff", "bn"),
        ("\u0a00-\u0a7f", "pa"),
        ("\u0a80-\u0aff", "gu"),
        ("\u0b80-\u0bff", "ta"),
        ("\u0c00-\u0c7f", "te"),
        ("\u0e00-\u0e7f", "th"),
        ("\u10d0-\u10ff", "ka"),
        ("\u1200-\u135f", "am"),
        ("\u3040-\u30fa", "ja"),
        ("\u4e00-\u9fff", "zh ja"),
        ("\uac00-\ud7a3", "ko"),
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence with the phrases that one language of requests has in it.

    is_own: it is the language that the request is known to be in, or English, or that is not known.
    """

    language: str
    is_own: bool
    sentence: Sentence
    hits: Mapping[str, Sequence[Hit]]

    def of(self, *kinds: str) -> list[Hit]:
        """The hits of these kinds, as lexicon.tsv names them."""
        return [hit for kind in kinds for hit in self.hits.get(kind, ())]

    def has(self, *kinds: str) -> bool:
        """Whether there is a hit of these kinds."""
        return not self.hits.keys().isdisjoint(kinds)


def languages_to_read(text: str, language: str) -> dict[str, bool]:
    """The languages whose phrases to look for, likeliest first; True for those that the request is known to be in.

    Those are the request's own, English, and where its own does not account for a script, those written in that.
    """
    ranges = ranges_of(language)
    is_known = ranges[-1] not in {UNDETERMINED, "mul", "zxx"}
    own = [_WRITTEN_ALIKE.get(tag, tag) for tag in ranges if is_known]
    languages = {tag: True for tag in (*own, "en") if tag in known_languages()}
    if not text.isascii():
        for letters, written in _OF_SCRIPTS:
            if languages.keys().isdisjoint(written) and letters.search(text):
                languages |= dict.fromkeys(written, not is_known)
    return languages


def readings_of(sentence: Sentence, languages: Mapping[str, bool]) -> list[Reading]:
    """The readings of a sentence in those of these languages that have a phrase in it."""
    return [
        Reading(language, is_own, sentence, _by_kind(hits))
        for language, is_own in languages.items()
        if (hits := phrases_in(language).find(sentence.words))
    ]


def _by_kind(hits: Sequence[Hit]) -> Mapping[str, Sequence[Hit]]:
    kinds: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        kinds[hit.meaning.kind].append(hit)
    return kinds
