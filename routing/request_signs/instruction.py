"""The part of a request that says what is wanted, without what it quotes."""

import re

from routing.detection.code import without_code

_HEAD = _TAIL = 400
_QUOTATIONS = re.compile(
    r"\"[^\"\n]{1,400}\"|“[^“”\n]{1,400}”|”[^“”\n]{1,400}”|„[^„“”\n]{1,400}[“”]|«[^«»\n]{1,400}»|»[^«»\n]{1,400}«"
    r"|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|(?<!\w)['‘][^'‘’\n]{1,400}['’](?!\w)"
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)


def instruction_of(text: str) -> str:
    """The first and last 400 characters, without code and quotations: between may be a document that says anything."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    text = _QUOTED_LINE.sub(" ", without_code(text))
    return _QUOTATIONS.sub(" ", text)
