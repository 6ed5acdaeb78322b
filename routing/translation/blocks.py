"""Cuts Markdown that is still being written into blocks: what is whole can be translated while the rest is awaited."""

import re
from dataclasses import dataclass

from routing.translation.line_kinds import Kind, closing, is_delimiter_row, is_surely_words, kind_of
from routing.translation.sentences import LAST_PLACE, cut_place

_UNTRANSLATABLE = frozenset({"blank", "code", "maths", "html", "rule"})
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of Markdown, line ends included.

    Blank lines, rules and the lines under headings, code, displayed maths, comments and scripts are not translatable.
    """

    text: str
    translatable: bool


class BlockCutter:
    """Takes text in pieces and gives it back in blocks.

    The blocks are the same whatever the pieces, and their texts joined are the text. A heading, list item, quotation,
    table and paragraph is one block; a long paragraph is several, cut at the ends of sentences before its line is
    whole. Time grows with the text's length.
    """

    def __init__(self) -> None:
        self._kind: Kind | None = None
        self._lines: list[str] = []
        self._end: re.Pattern[str] | None = None
        self._begun = ""
        self._is_whole = False  # the open paragraph has no place to cut
        self._goes_on = False  # the line that has begun belongs to the open paragraph, whatever it looks like

    def feed(self, text: str) -> list[Block]:
        """The blocks that are now whole."""
        blocks: list[Block] = []
        *lines, rest = text.split("\n")
        for line in lines:
            blocks += self._take(f"{self._begun}{line}\n")
            self._begun = ""
        self._begun += rest
        return blocks + self._early()

    def end(self) -> list[Block]:
        """What is left when the text is over."""
        blocks = self._take(self._begun) if self._begun else []
        self._begun = ""
        return blocks + self._close()

    def _take(self, line: str) -> list[Block]:
        """A whole line."""
        if self._end:
            return self._take_within(line, self._end)
        if self._goes_on:
            return self._take_words(line)
        if self._kind == "words" and is_delimiter_row(line) and "|" in self._lines[-1]:
            return self._take_head(line)
        kind = kind_of(line)
        if self._kind == "row" and kind in {"row", "words"} and "|" in line:
            kind = "row"
        return self._take_words(line) if kind == "words" else self._take_other(kind, line)

    def _take_within(self, line: str, end: re.Pattern[str]) -> list[Block]:
        self._lines.append(line)
        return self._close() if end.match(line) else []

    def _take_words(self, line: str) -> list[Block]:
        """Words go on in the paragraph, list item or quotation that is open."""
        blocks = [] if self._kind in {"words", "item", "quotation"} else self._close()
        self._kind = self._kind or "words"
        self._lines.append(line)
        self._goes_on = False
        return blocks + (self._cut() if self._kind == "words" else [])

    def _take_head(self, line: str) -> list[Block]:
        """The line under the head of a table: what stood before the head was a paragraph."""
        head = self._lines.pop()
        blocks = self._close()
        self._kind, self._lines = "row", [head, line]
        return blocks

    def _take_other(self, kind: Kind, line: str) -> list[Block]:
        blocks = [] if kind == self._kind and kind in {"row", "quotation"} else self._close()
        self._kind = kind
        self._lines.append(line)
        if kind in {"code", "maths", "html"}:
            self._end = closing(kind, line)
            return blocks if self._end else blocks + self._close()
        return blocks + self._close() if kind in {"blank", "heading", "rule"} else blocks

    def _early(self) -> list[Block]:
        """Sentences of a paragraph whose last line is not whole yet."""
        if self._end or self._is_whole or self._kind not in {None, "words"}:
            return []
        if not self._goes_on and not is_surely_words(self._begun):
            return []
        self._lines.append(self._begun)
        blocks = self._cut()
        self._begun = self._lines.pop()
        if blocks:
            self._kind, self._goes_on = "words", True
        return blocks

    def _cut(self) -> list[Block]:
        """Long beginnings of the open paragraph; the rest stays open."""
        blocks: list[Block] = []
        if self._is_whole:
            return blocks
        while (place := cut_place(text := "".join(self._lines))) is not None:
            blocks.append(Block(text[:place], translatable=True))
            self._lines = _LINES.findall(text, place)
        self._is_whole = len(text) > LAST_PLACE
        return blocks

    def _close(self) -> list[Block]:
        text, kind = "".join(self._lines), self._kind
        self._kind, self._lines, self._end = None, [], None
        self._is_whole = self._goes_on = False
        return [Block(text, kind not in _UNTRANSLATABLE)] if text else []
