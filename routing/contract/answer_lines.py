"""The lines of an answer that tell its language, while it arrives: code, quotations and formulas are left out."""

import re
from dataclasses import dataclass

from routing.detection.prose import prose_of

LONGEST_LINE = 160
"""Characters. A longer line is taken in parts, cut behind a sentence or a word: what a part costs is bounded."""

_FENCE = re.compile(r"\s*(```|~~~)")
_FORMULAS = {"$$": "$$", "\\[": "\\]"}
_JSON = re.compile(r"\s*(?:\{\s*(?:[\"'}]|$)|\[\s*(?:[\"{\[\]]|$))")  # of one that is set in lines, the first
_BLOCK_QUOTE = re.compile(r"\s*>")
_SENTENCE_END = re.compile(r"[.!?;。！？；।॥؟۔።]+[\s\"”»」)]*")
_SPACE = re.compile(r"\s+")
# A quotation that a part's edge cuts counts up to that edge. ASCII quotes open and close alike: only pairs of them.
_QUOTATIONS = re.compile(
    r"„[^“”„]*+(?:[“”]|$)|“[^“”]*+(?:”|$)|«[^«»]*+(?:»|$)|‹[^‹›]*+(?:›|$)"
    r"|「[^「」]*+(?:」|$)|『[^『』]*+(?:』|$)|《[^《》]*+(?:》|$)|〈[^〈〉]*+(?:〉|$)"
    r"|^[^“„”]*+”|^[^«»]*+»|^[^「」]*+」"
    r'|"[^"]{1,240}+"|(?<!\w)‘[^‘’]{1,240}+’|(?<!\w)_[^_]{1,240}+_(?!\w)|(?<![\w*])\*[^*\s][^*]{0,240}+\*(?![\w*])'
)
_ASIDES = re.compile(
    r"\([^()]{1,160}+\)|（[^（）]{1,160}+）|\[[^\[\]]{1,160}+\](?:\([^()\s]++\))?|【[^【】]{1,160}+】"
)
_INLINE_CODE = re.compile(r"``[^`]++``|`[^`]++`")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·–—+]|#{1,6}|\(?[\w\d]{1,3}[.)])\s+")


@dataclass(slots=True)
class AnswerLines:
    """Feed it an answer in pieces, cut anywhere; it yields the prose of its lines."""

    _line: str = ""
    _is_first: bool = True
    _is_json: bool = False
    _inside: str = ""

    def feed(self, text: str) -> list[str]:
        """The prose of the lines, and parts of long ones, that ended in this piece; those without any are left out."""
        if "\n" not in text and len(self._line) + len(text) <= LONGEST_LINE:
            self._line += text
            return []
        *whole, self._line = (self._line + text).split("\n")
        found = [prose for line in whole for prose in self._proses(line)]
        found += self._parts_of_rest()
        return [prose for prose in found if prose]

    def end(self) -> list[str]:
        """The prose of what had no line end."""
        rest, self._line = self._line, ""
        return [prose for prose in self._proses(rest) if prose]

    @property
    def unfinished(self) -> str:
        """The prose of the line that has not ended; the last word, which may be half of one, is left out.

        Text in scripts without spaces is taken as it is: half a word of it is still in its script.
        """
        if self._inside or self._is_json or _FENCE.match(self._line) or _JSON.match(self._line):
            return ""
        text = self._line if not self._line.isascii() else self._line.rpartition(" ")[0]
        return _counted(text)

    def _parts_of_rest(self) -> list[str]:
        found = []
        while len(self._line) > LONGEST_LINE:
            end = _cut(self._line)
            found += self._proses(self._line[:end])
            self._line = self._line[end:]
        return found

    def _proses(self, line: str) -> list[str]:
        if self._is_first and line.strip():
            self._is_json, self._is_first = _JSON.match(line) is not None, False
        if self._is_json or self._is_in_block(line):
            return []
        found = []
        while len(line) > LONGEST_LINE:
            end = _cut(line)
            found.append(_counted(line[:end]))
            line = line[end:]
        return [*found, _counted(line)]

    def _is_in_block(self, line: str) -> bool:
        """Whether a line belongs to fenced code or a displayed formula, its edges included."""
        fence = _FENCE.match(line)
        if self._inside in ("```", "~~~"):
            if fence and fence[1] == self._inside:
                self._inside = ""
            return True
        if fence:
            self._inside = fence[1]
            return True
        return self._is_in_formula(line)

    def _is_in_formula(self, line: str) -> bool:
        mark = line.strip()
        if self._inside:
            if mark.endswith(_FORMULAS[self._inside]):
                self._inside = ""
            return True
        opening = next((opening for opening in _FORMULAS if mark.startswith(opening)), "")
        if opening and not mark[len(opening) :].rstrip(".,").endswith(_FORMULAS[opening]):
            self._inside = opening
        return bool(opening)


def _cut(line: str) -> int:
    """Where to cut a line that is too long: behind the last sentence or word of what may be one part."""
    for pattern in (_SENTENCE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(line, LONGEST_LINE // 3, LONGEST_LINE)]
        if ends:
            return ends[-1]
    return LONGEST_LINE


def _counted(line: str) -> str:
    """The prose of a line without its quotations and asides; empty for a block quotation."""
    if not line or _BLOCK_QUOTE.match(line):
        return ""
    line = _LIST_MARK.sub("", line, count=1)
    line = _ASIDES.sub(" ", _QUOTATIONS.sub(" ", _INLINE_CODE.sub(" ", line.replace("**", ""))))
    return prose_of(line)
