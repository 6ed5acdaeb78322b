"""Labels of choices, whichever letters a language counts with."""

import re
from functools import cache

from routing.final_answer.plain import plain
from routing.final_answer.word_characters import marks
from routing.final_answer.words import answer_words

# The letters that languages label choices with, in their order. Circled numbers are Latin letters already.
_ALPHABETS = (
    "a b c d e f g h",
    "أ ب ج د ه و",
    "ا ب ج د ه و",
    "الف ب ج د",
    "а б в г д е",
    "α β γ δ ε",
    "א ב ג ד ה ו",
    "क ख ग घ ङ",
    "ক খ গ ঘ ঙ",
    "ਕ ਖ ਗ ਘ",
    "ક ખ ગ ઘ",
    "அ ஆ இ ஈ உ",
    "క ఖ గ ఘ",
    "ಕ ಖ ಗ ಘ",
    "ക ഖ ഗ ഘ",
    "ก ข ค ง จ",
    "ກ ຂ ຄ ງ",
    "ក ខ គ ឃ ង",
    "က ခ ဂ ဃ င",
    "ა ბ გ დ ე",
    "ա բ գ դ ե",
    "ሀ ለ ሐ መ",
    "ア イ ウ エ オ",
    "가 나 다 라 마",
    "ㄱ ㄴ ㄷ ㄹ ㅁ",
    "甲 乙 丙 丁 戊",
)


def choice_at_start(text: str) -> str | None:
    """The choice that a stated answer begins with, as ``A`` to ``H``: the label alone, in brackets, or before a sign.

    ``a cat`` is no choice: a letter that words follow is a word itself.
    """
    match = _at_start().match(text)
    return None if match is None else _labels()[match["bracketed"] or match["bare"]]


def last_choice(text: str) -> str | None:
    """The last label in brackets, or behind a word for option; None where there is neither."""
    labels = [match["bracketed"] or match["named"] for match in _anywhere().finditer(text)]
    return _labels()[labels[-1]] if labels else None


@cache
def _labels() -> dict[str, str]:
    labels: dict[str, str] = {}
    for alphabet in _ALPHABETS:
        for place, label in enumerate(alphabet.split()):
            labels.setdefault(plain(label), "ABCDEFGH"[place])
    return labels


@cache
def _at_start() -> re.Pattern[str]:
    label = _one_of(tuple(_labels()))
    return re.compile(
        rf"[\s\"'«“*]*(?:(?:{_one_of(answer_words().option)})\s*:?\s*)?"
        rf"(?:[(\[【「](?P<bracketed>{label})[)\]】」]|(?P<bare>{label})\s*(?=$|[^\w\s{marks()}'-]))"
    )


@cache
def _anywhere() -> re.Pattern[str]:
    label, option = _one_of(tuple(_labels())), _one_of(answer_words().option)
    return re.compile(
        rf"[(\[【「](?P<bracketed>{label})[)\]】」]|(?:{option})\s*[:\"'(]?\s*(?P<named>{label})(?![\w{marks()}])"
    )


def _one_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
