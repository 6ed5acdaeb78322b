"""Text in the one spelling that answers are read in: whichever digits, letter forms and markup it came with."""

import re
import unicodedata
from functools import lru_cache

# Signs that have one meaning and several spellings, where compatibility forms do not unite them.
_SIGNS = str.maketrans(
    {"\u066b": ".", "\u066c": "'", "\u066a": "%", "\u2212": "-", "\u2044": "/", "\u2215": "/", "\u2019": "'"}
)
_LATEX_SPACES = re.compile(r"\\[,;:!]|\\ ")
_LATEX_BRACKETS = re.compile(r"\\[()\[\]]")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")
_MARKDOWN = re.compile(r"\*\*|__|`")
_STABLE_AFTER = 8


def plain(text: str) -> str:
    """Case folded, compatibility forms united, digits of every script as 0 to 9; no markup, no invisible marks.

    Linear in the length; ``plain(plain(text)) == plain(text)``. Line ends stay. Circled numbers are letters in
    brackets, since they mark choices and steps and count nothing.
    """
    for _ in range(_STABLE_AFTER):  # folding may compose what folds again; three rounds are the most seen
        once = _folded(_without_markup("".join(map(_spelt, text))))
        if once == text:
            break
        text = once
    return text


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return "".join(map(_spelt, unicodedata.normalize("NFKC", compatible))).translate(_SIGNS)


def _without_markup(text: str) -> str:
    if "\\" in text:
        text = _FRACTION.sub(r" \1/\2", text).replace("\\%", "%").replace("\\$", "$")
        text = _LATEX_TEXT.sub(r"\1", _LATEX_BRACKETS.sub(" ", _LATEX_SPACES.sub("", text)))
    return _MARKDOWN.sub("", text.replace("{,}", ","))


@lru_cache(maxsize=4096)
def _spelt(character: str) -> str:
    if unicodedata.category(character) == "Cf":
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    form = unicodedata.decomposition(character).partition(" ")[0]
    return _decomposed(character, form) if form in {"<fraction>", "<super>", "<circle>"} else character


def _decomposed(character: str, form: str) -> str:
    compatible = unicodedata.normalize("NFKC", character)
    if form == "<fraction>":
        return f" {compatible}"
    if not compatible.isdigit():
        return character
    if form == "<super>":
        return f"^{compatible}"
    return f"({chr(ord('a') + int(compatible) - 1)})" if 1 <= int(compatible) <= 8 else " "
