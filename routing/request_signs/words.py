"""Text as sentences of words, in one form whatever it was typed like."""

import re
import unicodedata
from dataclasses import dataclass

# Accents of Latin, Greek and Cyrillic letters, points of Hebrew, vowel signs of Arabic, dots under Indic letters, and
# what does not show. Vowel signs of Indic scripts are no accents: without them other words would be left.
_MARKS = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u093c\u09bc\u0a3c\u0abc\u0b3c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_JOINED_ARABIC = re.compile(
    "(?<=[\u0600-\u06ff])\u200c"
)  # parts of one Persian word, which others write apart
_SAME_LETTERS = str.maketrans(
    {"ı": "i", "ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ۃ": "ه", "،": ",", "፣": ","}
)
_UNSPACED = (
    "\u0e00-\u0e2e\u0e30-\u0eff\u1000-\u1049\u104c-\u109f\u1780-\u17d3\u17db-\u17ff\u3005-\u3007\u3021-\u302f"
    "\u3031-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_ENDS = "!?;:\n\u0589\u061b\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u1364-\u1368\u17d4-\u17d6\u2026\u3002"
_BETWEEN = (
    "\\s!-/:-@\\[-`{-~\u00a1-\u00bf\u00d7\u00f7\u055a-\u055f\u0589\u058a\u05be\u05f3\u05f4\u060c\u061b\u061f\u06d4"
    "\u0964\u0965\u104a\u104b\u1361-\u1368\u17d4-\u17da\u2010-\u205e\u3001-\u3004\u3008-\u3020\u3030\u30fb"
)
_PIECE = re.compile(f"[{_UNSPACED},\u3001]|[{_ENDS}]|\\.(?!\\w)|[^{_BETWEEN}{_UNSPACED}]+")
_SENTENCE_ENDS = frozenset("!?;:.\n\u0589\u061b\u061f\u06d4\u0964\u0965\u104a\u104b\u2026\u3002").union(
    map(chr, [0x1362, *range(0x1364, 0x1369), *range(0x17D4, 0x17D7)])
)
_COLONS = frozenset(":\u1366")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of a sentence, in order; a comma is one as well. Scripts without spaces give one for each character."""

    words: tuple[str, ...]
    ends_in_colon: bool = False


def plain(text: str) -> str:
    """The text casefolded, without accents and the like, and with one letter for those that are typed alike."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKD", _JOINED_ARABIC.sub(" ", text.casefold()))
    return unicodedata.normalize("NFC", _MARKS.sub("", text)).translate(_SAME_LETTERS)


def words_of(plain_text: str) -> list[str]:
    """The words, commas and ends of sentences of a text that went through `plain`."""
    return _PIECE.findall(plain_text)


def sentences_of(text: str) -> list[Sentence]:
    """The sentences of a text; empty ones are left out. Cost: 60 µs for 500 characters."""
    sentences = []
    words: list[str] = []
    for word in [*words_of(plain(text)), "\n"]:
        if word not in _SENTENCE_ENDS:
            words.append(word)
        elif words:
            sentences.append(Sentence(tuple(words), word in _COLONS))
            words = []
    return sentences
