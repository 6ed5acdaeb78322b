"""Cuts Markdown that is still being written into blocks: what is whole can be translated while the rest is awaited."""

import re
import unicodedata
from dataclasses import dataclass

# A paragraph in one line may run on for long: beyond this it is cut at the end of a sentence.
_LONG = 400
_VERY_LONG = 1200

_BLANK = re.compile(r"[^\S\n]*\n")
_FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}|~{3,})")
_MATHS = re.compile(r"[ \t]*(?:\$\$|\\\[)[^\S\n]*\n")
_MATHS_END = re.compile(r"(?:\$\$|\\\])[^\S\n]*(?:\n|\Z)")
_STARTS = re.compile(
    r"[ \t]*(?:#{1,6}[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|\||`{3,}|~{3,}|\$\$|\\\[|(?:[-*_][ \t]*){3,}\n)"
)
_TABLE_ROW = re.compile(r"[ \t]*\|")
_SENTENCE_END = re.compile(r"(?:[.!?…؟۔।॥።჻]+[\"'”’»)\]]*\s+|[。！？｡]+[」』”’）\]]*\s*|[။၊]\s*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of Markdown, line ends included. Blank lines, code and displayed maths are not translatable."""

    text: str
    translatable: bool


class BlockCutter:
    """Takes text in pieces and gives it back in blocks; their texts joined are the text, whatever the pieces."""

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, text: str) -> list[Block]:
        """The blocks that are now whole."""
        self._pending += text
        return self._cut(final=False)

    def end(self) -> list[Block]:
        """What is left when the text is over."""
        return self._cut(final=True)

    def _cut(self, *, final: bool) -> list[Block]:
        blocks = []
        while self._pending and (found := _first_block(self._pending, final=final)):
            size, translatable = found
            blocks.append(Block(self._pending[:size], translatable))
            self._pending = self._pending[size:]
        return blocks


def _first_block(text: str, *, final: bool) -> tuple[int, bool] | None:
    """How long the first block is, and whether it is translatable; None where its end has not come."""
    if blank := _BLANK.match(text):
        return blank.end(), False
    if not text.strip():
        return (len(text), False) if final else None
    if "\n" not in text and not final:
        return _long_sentences(text, len(text), final=False) if not _STARTS.match(text + "\n") else None
    if opening := _FENCE.match(text):
        return _up_to(_fence_end(text, opening), text, final=final)
    if opening := _MATHS.match(text):
        return _up_to(_whole_line(_MATHS_END.search(text, opening.end())), text, final=final)
    return _prose(text, final=final)


def _fence_end(text: str, opening: re.Match[str]) -> int | None:
    fence = opening["fence"]
    line = text.find("\n", opening.end())
    if line < 0:
        return None
    closing = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[^\S\n]*(?:\n|\Z)", re.MULTILINE)
    return _whole_line(closing.search(text, line + 1))


def _whole_line(closing: re.Match[str] | None) -> int | None:
    """Where a closing line ends; None where its line end has not come: what follows may make it another line."""
    return closing.end() if closing and closing[0].endswith("\n") else None


def _up_to(end: int | None, text: str, *, final: bool) -> tuple[int, bool] | None:
    if end is None:
        return (len(text), False) if final else None
    return end, False


def _prose(text: str, *, final: bool) -> tuple[int, bool] | None:
    """A heading, list item, table or paragraph: up to a blank line or the start of another block."""
    if text.lstrip(" \t").startswith("#"):
        return text.find("\n") + 1 or len(text), True
    is_table = bool(_TABLE_ROW.match(text))
    start = text.find("\n") + 1
    while start:
        rest = text[start:]
        if _BLANK.match(rest):
            return start, True
        if "\n" not in rest:
            break
        if _ends_before(rest, is_table=is_table):
            return start, True
        start = text.find("\n", start) + 1
    cut = _long_sentences(text, len(text), final=final) if not is_table else None
    return cut or ((len(text), True) if final else None)


def _ends_before(rest: str, *, is_table: bool) -> bool:
    if is_table:
        return not _TABLE_ROW.match(rest)
    return bool(_STARTS.match(rest))


def _long_sentences(text: str, size: int, *, final: bool) -> tuple[int, bool] | None:
    """The sentences at the beginning of a long paragraph; None where it is short or has no place to cut."""
    if size < _LONG or (final and size < 2 * _LONG):
        return None
    ends = (match.end() for match in _SENTENCE_END.finditer(text, _LONG // 2))
    good = next((end for end in ends if end < size and _may_cut(text, end)), None)
    if good is None and size > _VERY_LONG:
        spaces = (match.end() for match in re.finditer(r"\s", text[_LONG:]))
        good = next(
            (_LONG + end for end in spaces if _LONG + end < size and _may_cut(text, _LONG + end)), None
        )
    return (good, True) if good else None


def _may_cut(text: str, place: int) -> bool:
    """Not before what joins to the character before it, nor within code, a link or maths."""
    following = text[place]
    if unicodedata.category(following).startswith("M") or following in "\u200c\u200d\ufe0e\ufe0f":
        return False
    before = text[:place]
    return before.count("`") % 2 == 0 and before.count("$") % 2 == 0 and _is_balanced(before)


def _is_balanced(text: str) -> bool:
    return text.count("[") == text.count("]") and text.count("(") == text.count(")")
