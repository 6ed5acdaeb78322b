"""Tells apart Japanese, Chinese in both writings, and Cantonese."""

from collections.abc import Mapping
from importlib.resources import files

_LEAST_KANA = 0.1  # of all the characters; Chinese texts hold the odd の
_LEAST_CANTONESE = 0.05
_LONG_FOR_NO_KANA = 10  # Japanese hardly writes as many characters without one of them


class HanTable:
    """Characters that tell what a text in Han characters is written in, from han.tsv."""

    def __init__(self) -> None:
        table = files("routing.detection").joinpath("han.tsv").read_text("utf-8")
        rows = dict(line.split("\t") for line in table.splitlines() if not line.startswith("#"))
        self._japanese = frozenset(rows["Jpan"])
        self._chinese = frozenset(rows["Hans"] + rows["Hant"] + rows["Hans Hant"])
        self._simplified = frozenset(rows["Hans"] + rows["Hans Jpan"])
        self._traditional = frozenset(rows["Hant"] + rows["Hant Jpan"])
        self._cantonese = frozenset(rows["yue"])

    def foreign_to(self, language: str) -> frozenset[str]:
        """The characters that are not written in a language: simplified ones in ``zh-Hant``, ``気`` in Chinese.

        ``zh`` without a script is written in both. Empty for a language that is not written in Han characters.
        """
        primary, *rest = language.split("-")
        if primary == "ja":
            return self._chinese
        if primary != "zh":
            return frozenset()
        others = {"Hans": self._traditional, "Hant": self._simplified}
        return self._japanese | self._cantonese | others.get(rest[0] if rest else "", frozenset())

    def language(self, prose: str, counts: Mapping[str, int]) -> tuple[str, bool]:
        """The tag, and whether the characters leave no doubt of it: a few without kana may be Japanese.

        counts: characters of each script. ``zh`` where the text is the same in either writing.
        """
        kana = counts.get("Hira", 0) + counts.get("Kana", 0)
        han = counts.get("Hani", 0)
        if kana > _LEAST_KANA * (kana + han):
            return "ja", True
        japanese, chinese = _count(prose, self._japanese), _count(prose, self._chinese)
        if japanese > chinese:
            return "ja", True
        if _count(prose, self._cantonese) > _LEAST_CANTONESE * han:
            return "yue", True
        simplified, traditional = _count(prose, self._simplified), _count(prose, self._traditional)
        if simplified and traditional and not chinese:  # only Japan mixes them: 東京大学
            return "ja", True
        writing = "" if simplified == traditional else "-Hans" if simplified > traditional else "-Hant"
        return f"zh{writing}", chinese > 0 or han >= _LONG_FOR_NO_KANA


def _count(prose: str, characters: frozenset[str]) -> int:
    return sum(character in characters for character in prose)
