"""Finds the final answer in a text and gives it the form that equal answers share."""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from routing.final_answer.boolean import boolean_at_start
from routing.final_answer.choice import choice_at_start, last_choice
from routing.final_answer.json_value import json_answer
from routing.final_answer.number import first_number, last_number, numbers
from routing.final_answer.plain import plain
from routing.final_answer.short import short_answer
from routing.final_answer.stated import Stated, stated

AnswerKind = Literal["auto", "number", "choice", "boolean", "json", "short"]

Reader = Callable[[str], str | None]

_SHORT_CHARS = 80
_UNIT_WORDS = 3
_SENTENCE_END = re.compile(r"(?<=[.!?؟।॥။።։])\s+(?=\S)|(?<=[。！？])(?=\S)")


def final_answer(text: str, kind: AnswerKind = "auto") -> str | None:
    """The final answer of a text, the last where it states several; None where it has none of this kind.

    number: ``42``, ``-5``, a reduced fraction for what is no integer: ``1/2``. choice: ``A`` to ``H``. boolean: ``yes``
    or ``no``. json: canonical. short: folded, at most 80 characters. auto: whichever the text has, JSON first.
    The canonical form of a canonical form is itself. Reads the text's last 4,000 characters for announcements, and is
    linear in the rest: about 1 ms for a page. Never raises.
    """
    answer = _read(text, kind)
    while answer is not None and (again := _read(answer, kind)) not in {answer, None}:
        answer = again  # an announcement of an announcement; what is read gets shorter each time
    return answer


def _read(text: str, kind: AnswerKind) -> str | None:
    if kind in {"auto", "json"} and (found := json_answer(text)) is not None:
        return found
    if kind == "json":
        return None
    said = plain(text).strip()
    announced = (_read_stated(each, kind) for each in stated(said))
    return next((answer for answer in announced if answer), None) or _UNSTATED[kind](said)


def _read_stated(answer: Stated, kind: AnswerKind) -> str | None:
    if kind == "auto":
        kinds: tuple[AnswerKind, ...] = ("choice", "boolean", "number", "short")
        return next((found for each in kinds if (found := _read_stated(answer, each))), None)
    if kind == "short" and not answer.is_explicit:
        return None
    return _STATED[kind](answer.text)


def _stated_number(text: str) -> str | None:
    """The number of a stated answer, unless words come first: "to answer this question, we add 5"."""
    first = next((match.start() for match, _ in numbers(text)), 0)
    return first_number(text) if first <= 16 or "=" in text else None


def _brief(text: str) -> str | None:
    return short_answer(text) if len(text) <= _SHORT_CHARS else None


def _unstated_choice(text: str) -> str | None:
    return choice_at_start(_last_line(text)) or choice_at_start(text) or last_choice(text)


def _unstated_boolean(text: str) -> str | None:
    return boolean_at_start(text) or boolean_at_start(_last_line(text))


def _unstated_number(text: str) -> str | None:
    return last_number(text) or (first_number(text) if len(text) <= _SHORT_CHARS else None)


def _unstated(text: str) -> str | None:
    last = _last_sentence(text)
    if found := choice_at_start(last) or _unstated_boolean(text) or _only_number(last, is_all=last == text):
        return found
    return _brief(last) if len(text) <= _SHORT_CHARS or "\n" in text else None


def _only_number(sentence: str, *, is_all: bool) -> str | None:
    """The number of a sentence that gives one, or calculates one. Where the sentence is the whole answer, it must be
    little else: a year alone is not the date that it stands in."""
    found = [match for match, _ in numbers(sentence)]
    if "=" in sentence and found:
        return first_number(sentence)
    if len(found) > 1 or (is_all and len(sentence.split()) > _UNIT_WORDS + len(found)):
        return None
    return first_number(sentence)


def _last_sentence(text: str) -> str:
    line = _last_line(text)
    return line if len(line) <= _SHORT_CHARS else _SENTENCE_END.split(line)[-1]


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2].strip()


_STATED: Mapping[AnswerKind, Reader] = {
    "number": _stated_number,
    "choice": choice_at_start,
    "boolean": boolean_at_start,
    "short": _brief,
}
_UNSTATED: Mapping[AnswerKind, Reader] = {
    "auto": _unstated,
    "number": _unstated_number,
    "choice": _unstated_choice,
    "boolean": _unstated_boolean,
    "short": lambda text: _brief(_last_line(text)),
}
