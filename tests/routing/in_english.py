"""A translator for tests: it knows no language, but what it says is English."""

import re
from itertools import cycle

_WORDS = "what is the name of this and why would people there want to have it when they are not at home"
_KEPT_OR_WORD = re.compile(r"\[\[\d+\]\]|<[^<>]*>|[^\W\d_]+")


def in_english(text: str, *, only: str = "") -> str:
    """The text with an English word for each of its own; marks, tags, numbers and all between words stay.

    only: text that holds this; any other is left as it is.
    """
    if only not in text:
        return text
    words = cycle(_WORDS.split())
    return _KEPT_OR_WORD.sub(lambda found: found[0] if found[0][0] in "[<" else next(words), text)
