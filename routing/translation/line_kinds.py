"""What a line of Markdown begins, as far as blocks are concerned."""

import re
from typing import Literal

Kind = Literal["blank", "code", "maths", "html", "heading", "rule", "row", "item", "quotation", "words"]

# In the order of trying. Maths and HTML that end in the line in which they begin are told by `closing`.
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("blank", re.compile(r"\s*\Z")),
    ("code", re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}(?=[^`]*\Z)|~{3,})")),
    ("maths", re.compile(r"[ \t]*(?P<maths>\$\$(?!.*\$\$[ \t]*\S)|\\\[(?!.*\\\][ \t]*\S))")),
    ("html", re.compile(r"[ \t]*(?:<!--|<(?P<tag>script|style|pre|textarea)\b)", re.IGNORECASE)),
    ("heading", re.compile(r"[ \t]*#{1,6}(?:[ \t]|\Z)")),
    ("rule", re.compile(r"[ \t]*(?:=+|(?P<line>[-*_])(?:[ \t]*(?P=line)){2,})[ \t\r]*\n?\Z")),
    ("item", re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")),
    ("quotation", re.compile(r"[ \t]*>")),
    ("row", re.compile(r"[ \t]*\|")),
)
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*+\|?\s*\Z")
# A line that begins like this is words, whatever comes after.
_SURELY_WORDS = re.compile(r"[ \t]*[^\s\d:#>|`~$\\<\-*+=_]")


def kind_of(line: str) -> Kind:
    """The kind of a whole line, taken by itself."""
    return next((kind for kind, pattern in _KINDS if pattern.match(line)), "words")


def is_surely_words(line: str) -> bool:
    """Whether a line of which this is the beginning can be nothing but words."""
    return bool(_SURELY_WORDS.match(line))


def is_delimiter_row(line: str) -> bool:
    """Whether the line makes the one before it the head of a table."""
    return "|" in line and "-" in line and bool(_DELIMITER_ROW.match(line))


def closing(kind: Kind, line: str) -> re.Pattern[str] | None:
    """What a line must match to end the block that this line begins; None where the block is over with it."""
    found = next(pattern for name, pattern in _KINDS if name == kind).match(line)
    assert found
    if kind == "code":
        fence = found["fence"]
        return re.compile(rf"[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}\s*\Z")
    if kind == "maths":
        end = r"\$\$" if found["maths"] == "$$" else r"\\\]"
        return _unless_in(line[found.end() :], re.compile(rf".*{end}\s*\Z|\s*\Z"))
    end = rf".*</{found['tag']}\s*>" if found["tag"] else ".*-->"
    return _unless_in(line[found.end() :], re.compile(end, re.IGNORECASE))


def _unless_in(rest: str, end: re.Pattern[str]) -> re.Pattern[str] | None:
    return None if rest.strip() and end.match(rest) else end
