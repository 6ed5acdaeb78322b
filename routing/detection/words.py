"""Evidence from function words: the small words that every sentence is held together by."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

_EDGES = "«»„“”\"‘’'`´.,;:!?¿¡()…–—-।॥،؛؟、。·/%"
_MOST_WORDS = 60
_ROMANISED = "-Latn"

# A word that some romanised language shares with languages at home in Latin letters says less about it.
_SHARED = 0.6

# In Arabic chat 2, 3, 5, 7 and 9 stand for letters that Latin has not: 3ayez, sa7, mas2ala.
_DIGITS_AS_LETTERS = re.compile(r"(?:[a-z]+[23579][a-z]+|[23579][a-z]{3,}|[a-z]{2,}[379])[a-z]*$")
_CHAT_ARABIC = (("ar-Latn", 0.7),)


def words_of(prose: str) -> list[str]:
    """The first 60 words of a line of prose, lower case, without the punctuation around them."""
    return [word.strip(_EDGES) for word in prose.lower().split(maxsplit=_MOST_WORDS)[:_MOST_WORDS]]


def without_names(prose: str) -> str:
    """Prose without the capitalised words after the first, most of which are names; as it is if little would stay.

    Short texts with a name of another language in them mislead every model.
    """
    words = prose.split()
    kept = [word for index, word in enumerate(words) if index == 0 or not word.lstrip(_EDGES)[:1].isupper()]
    return " ".join(kept) if len(kept) > 1 else prose


class WordTable:
    """Languages of function words, from words.tsv: 120 languages, some 6,000 words."""

    def __init__(self) -> None:
        languages: dict[str, set[str]] = {}
        for line in files("routing.detection").joinpath("words.tsv").read_text("utf-8").splitlines():
            if not line.startswith("#"):
                language, words = line.split("\t")
                for word in words.split():
                    languages.setdefault(word, set()).add(language)
        self.languages = frozenset[str]().union(*languages.values())
        self._native = {word: _native_weights(tags) for word, tags in languages.items()}
        romanised = {word: _romanised_weights(tags) for word, tags in languages.items()}
        self._romanised = {word: weights for word, weights in romanised.items() if weights}

    def native(self, words: Sequence[str]) -> Mapping[str, float]:
        """The weight that words have for languages in a script of theirs: 1/n for each of a word's n languages.

        Cost: 0.5 µs a word.
        """
        known = self._native
        return _sum([weights for word in words if (weights := known.get(word))])

    def romanised(self, words: Sequence[str]) -> Mapping[str, float]:
        """The weight for languages in Latin letters that have another script (``hi-Latn``). Cost: 0.1 µs a word."""
        known = self._romanised
        return _sum(
            [
                known.get(word) or _as_chat_arabic(word)
                for word in words
                if word in known or not word.isalpha()
            ]
        )


_Weights = tuple[tuple[str, float], ...]


def _sum(found: Iterable[_Weights]) -> Mapping[str, float]:
    scores: dict[str, float] = {}
    for weights in found:
        for language, weight in weights:
            scores[language] = scores.get(language, 0.0) + weight
    return scores


def _native_weights(languages: set[str]) -> _Weights:
    native = sorted(language for language in languages if not language.endswith(_ROMANISED))
    return tuple((language, 1 / len(languages)) for language in native)


def _romanised_weights(languages: set[str]) -> _Weights:
    romanised = sorted(language for language in languages if language.endswith(_ROMANISED))
    word_weight = 1.0 if len(romanised) == len(languages) else _SHARED
    return tuple((language, word_weight / len(romanised)) for language in romanised)


def _as_chat_arabic(word: str) -> _Weights:
    return _CHAT_ARABIC if _DIGITS_AS_LETTERS.match(word) else ()
