"""Short answers in words, without what does not count: spaces, quotation marks, signs at their ends."""

import unicodedata

_KEPT = frozenset("#%&@/\\+-")


def short_answer(text: str) -> str | None:
    """A text in the form of `plain` without signs at its ends, its spaces single; None where nothing is left.

    Vowel signs, joined and stacked letters stay as they are, and so do articles.
    """
    words = " ".join(text.split())
    start, end = 0, len(words)
    while start < end and _is_sign(words[start]):
        start += 1
    while end > start and _is_sign(words[end - 1]):
        end -= 1
    return words[start:end] or None


def _is_sign(character: str) -> bool:
    return character == " " or (unicodedata.category(character)[0] == "P" and character not in _KEPT)
