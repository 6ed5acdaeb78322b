"""Yes and no, right and wrong, in many languages."""

import re
from functools import cache

from routing.final_answer.word_characters import marks
from routing.final_answer.words import answer_words


def boolean_at_start(text: str) -> str | None:
    """``yes`` or ``no`` where the text, in the form of `plain`, begins with a word for it and goes on no further, or
    with a sign (``Yes, because``): in ``no man`` and ``No. 5`` it means something else."""
    match = _pattern().match(text)
    if match is None:
        return None
    return "yes" if match["yes"] else "no"


@cache
def _pattern() -> re.Pattern[str]:
    words = answer_words()
    yes, no = ("|".join(map(re.escape, each)) for each in (words.yes, words.no))
    return re.compile(rf"[\s\"'«“*(]*(?:(?P<no>{no})|(?P<yes>{yes}))(?=\s*(?:$|[^\w\s{marks()}'-](?!\s*\d)))")
