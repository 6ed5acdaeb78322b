"""Evidence from function words: the small words that every sentence is held together by."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class FunctionWords:
    """What the function words of a text speak for: language to the weight of its words.

    native: languages in a script of theirs. A word of n languages weighs 1/n for each.
    romanised: languages in Latin letters that have another script (``hi-Latn``).
    count: words in the text, whether in the table or not.
    """

    native: Mapping[str, float]
    romanised: Mapping[str, float]
    count: int


class WordTable:
    """Languages of function words, from words.tsv: 120 languages, some 6,000 words."""

    def __init__(self) -> None:
        languages: dict[str, set[str]] = {}
        for line in files("routing.detection").joinpath("words.tsv").read_text("utf-8").splitlines():
            if not line.startswith("#"):
                language, words = line.split("\t")
                for word in words.split():
                    languages.setdefault(word, set()).add(language)
        self._weights = {word: _weights(tags) for word, tags in languages.items()}

    def weigh(self, words: Sequence[str]) -> FunctionWords:
        """The weights of the words that the table has. Cost: 0.2 µs a word."""
        native: dict[str, float] = {}
        romanised: dict[str, float] = {}
        for word in words:
            weights = self._weights.get(word)
            if weights is None:
                weights = _CHAT_ARABIC if not word.isalpha() and _DIGITS_AS_LETTERS.match(word) else ()
            for language, weight in weights:
                scores = romanised if language.endswith(_ROMANISED) else native
                scores[language] = scores.get(language, 0.0) + weight
        return FunctionWords(native, romanised, len(words))


def _weights(languages: set[str]) -> tuple[tuple[str, float], ...]:
    """Each language of a word with what the word weighs for it."""
    romanised = {language for language in languages if language.endswith(_ROMANISED)}
    of_romanised = (_SHARED if languages - romanised else 1.0) / max(len(romanised), 1)
    return tuple(
        (language, of_romanised if language in romanised else 1 / len(languages))
        for language in sorted(languages)
    )
