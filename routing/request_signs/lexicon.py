"""The phrases that signs are read by: lexicon.tsv, with the names of languages put into it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from routing.request_signs.names import names_in
from routing.request_signs.phrases import Meaning, Phrases
from routing.request_signs.tables import ANY, rows_of
from routing.request_signs.words import plain, words_of

_NAME = re.compile(r"\{(.*?)\}")


@lru_cache(maxsize=64)
def phrases_in(language: str) -> Phrases:
    """The phrases of a language, and those of no language in particular; few of one that lexicon.tsv does not have.

    Takes some 50 ms and 1.5 MB for each language, the first time that it is asked for.
    """
    phrases = Phrases()
    names = [(plain(name), tag) for name, tag in names_in(language)]
    for kind, entry in (*_entries()[ANY], *_entries()[language]):
        for phrase, tag in _with_names(plain(entry), names):
            phrases.add(_pieces(phrase), Meaning(kind, tag))
    return phrases


def known_languages() -> frozenset[str]:
    """The languages that requests are read in."""
    return frozenset(_entries()) - {ANY}


@cache
def languages_with(kind: str) -> frozenset[str]:
    """The languages of requests that have phrases of a kind."""
    return frozenset(
        language for language, entries in _entries().items() if any(of == kind for of, _ in entries)
    )


@cache
def _entries() -> Mapping[str, Sequence[tuple[str, str]]]:
    entries: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for language, kind, phrases in rows_of("lexicon.tsv"):
        entries[language] += [(kind, phrase) for phrase in phrases.split("|")]
    return defaultdict(tuple, entries)


def _with_names(entry: str, names: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The entry with each name in its place, and the tag of that language; the entry and no tag, if it has no place."""
    place = _NAME.search(entry)
    if place is None:
        yield entry, ""
        return
    before, after = entry[: place.start()], entry[place.end() :]
    endings = [ending.split(">") for ending in place[1].split(",") if ending]
    for name, tag in names:
        form = _with_ending(name, endings)
        if form is not None:
            yield before + form + after, tag


def _with_ending(name: str, endings: Sequence[Sequence[str]]) -> str | None:
    """The name with its ending changed; None for one that has none of these endings."""
    if not endings:
        return name
    return next((name.removesuffix(old) + new for old, new in endings if name.endswith(old)), None)


def _pieces(phrase: str) -> list[str]:
    """Its words; a star stays with the word that it ends."""
    if "*" not in phrase:
        return words_of(phrase)
    pieces: list[str] = []
    for part in phrase.split():
        words = words_of(part.removesuffix("*"))
        pieces += [*words[:-1], words[-1] + "*"] if part.endswith("*") and words else words
    return pieces
