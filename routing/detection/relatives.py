"""Tells apart languages that the models take for each other: Croatian and Serbian, Indonesian and Malay."""

from collections.abc import Mapping, Set
from importlib.resources import files

from routing.detection.words import words_of

_EDGE = "_"


class Relatives:
    """Strings that tell a language from its relatives, from relatives.tsv."""

    def __init__(self) -> None:
        families: dict[str, dict[str, tuple[str, ...]]] = {}
        for line in files("routing.detection").joinpath("relatives.tsv").read_text("utf-8").splitlines():
            if not line.startswith("#"):
                family, language, strings = line.split("\t")
                telling = tuple(string.replace(_EDGE, " ") for string in strings.split())
                families.setdefault(family, {})[language] = telling
        self._families = {language: family for family in families.values() for language in family}

    def has(self, language: str) -> bool:
        """Whether a language has relatives in the table."""
        return language in self._families

    def of(self, language: str) -> Set[str]:
        """The languages of a language's family in the table, itself too; empty if it has none."""
        return self._families.get(language, {}).keys()

    def score(self, language: str, prose: str) -> Mapping[str, float]:
        """How much a line of prose speaks for a language and for each of its relatives; empty if it has none.

        Scores of one family add up to less than 1, nearer to 1 the more telling strings are found.
        """
        family = self._families.get(language)
        if family is None:
            return {}
        text = f" {' '.join(words_of(prose))} "
        hits = {relative: sum(string in text for string in strings) for relative, strings in family.items()}
        total = sum(hits.values())
        return {relative: count / (total + 1) for relative, count in hits.items()}
