"""Evidence from letters: which languages do not use the letters that a text is written in."""

from importlib.resources import files

_PENALTY = 0.4


class Alphabets:
    """The letters of languages, from alphabets.tsv."""

    def __init__(self) -> None:
        self._letters: dict[str, frozenset[str]] = {}
        for line in files("routing.detection").joinpath("alphabets.tsv").read_text("utf-8").splitlines():
            if not line.startswith("#"):
                language, letters = line.split("\t")
                self._letters[language] = frozenset(letters)

    def letters(self, language: str) -> frozenset[str] | None:
        """The lower-case letters of a language, of Latin alphabets those beyond a to z; None where not known."""
        return self._letters.get(language)

    def plausibility(self, language: str, letters: frozenset[str]) -> float:
        """1 where the language uses all these letters, less for each that is foreign to it.

        letters: the letters of a text beyond a to z, lower case. 1 for a language whose alphabet is not known.
        """
        known = self._letters.get(language)
        if known is None:
            return 1.0
        return float(_PENALTY ** len(letters - known))
