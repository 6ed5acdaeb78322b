"""Phrases and where they stand in a sentence, found all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_LONGEST_STEM = 16


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase is a sign of. kind: as lexicon.tsv explains them. tag: of the language that it names, if any."""

    kind: str
    tag: str = ""


class Hit(NamedTuple):
    """A phrase with one of its meanings, found from the word ``start`` up to ``end``."""

    meaning: Meaning
    start: int
    end: int


@dataclass(slots=True)
class Phrases:
    """A tree of words, and of beginnings of words; built once, then only read."""

    words: dict[str, "Phrases"] = field(default_factory=dict)
    stems: dict[str, "Phrases"] = field(default_factory=dict)
    meanings: tuple[Meaning, ...] = ()

    def add(self, words: Iterable[str], meaning: Meaning) -> None:
        """Takes a phrase in; a word that ends in ``*`` stands for all that begin so."""
        place = self
        for word in words:
            stem = word.removesuffix("*")
            children = place.words if stem == word else place.stems
            if stem not in children:
                children[stem] = Phrases()
            place = children[stem]
        if place is not self and meaning not in place.meanings:
            place.meanings += (meaning,)

    def find(self, words: Sequence[str]) -> list[Hit]:
        """All phrases in a sentence, in the order of their first words. Time grows with its length."""
        return [hit for start in range(len(words)) for hit in self._from(words, start)]

    def _from(self, words: Sequence[str], start: int) -> list[Hit]:
        hits: list[Hit] = []
        places, end = self._after(words[start]), start + 1
        while places:
            for place in places:
                if place.meanings:
                    hits += [Hit(meaning, start, end) for meaning in place.meanings]
            if end == len(words):
                break
            places = [later for place in places for later in place._after(words[end])]
            end += 1
        return hits

    def _after(self, word: str) -> list["Phrases"]:
        after = [self.words[word]] if word in self.words else []
        if self.stems:
            stems, longest = self.stems, min(len(word), _LONGEST_STEM)
            after += [stems[word[:length]] for length in range(1, longest + 1) if word[:length] in stems]
        return after
