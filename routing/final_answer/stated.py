"""Where a text says that the final answer comes: ``####``, ``\\boxed{}``, "The answer is", in many languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from routing.final_answer.word_characters import marks
from routing.final_answer.words import answer_words

_BOXED = re.compile(r"\\(?:f?boxed)\s*\{")
_HASHES = re.compile(r"####+[ \t]*")
_LONGEST_CHARS = 4000

# Scripts without spaces between words: there a word may begin anywhere.
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Stated:
    """What follows an announcement, to the end of its line.

    is_explicit: a colon, an equals sign or a copula stands between, so whatever follows is the answer.
    """

    text: str
    is_explicit: bool


def stated(text: str) -> list[Stated]:
    """The answers that a text in the form of `plain` announces, the last first; from its last 4,000 characters."""
    tail = text[-_LONGEST_CHARS:]
    found = [*_boxed(tail), *_after(_HASHES, tail), *_announced(tail)]
    return [answer for _, answer in sorted(found, key=lambda placed: -placed[0])]


def _boxed(text: str) -> Iterator[tuple[int, Stated]]:
    for match in _BOXED.finditer(text):
        yield match.start(), Stated(_in_braces(text[match.end() :]), is_explicit=True)


def _in_braces(text: str) -> str:
    depth = 1
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            return text[:place]
    return text


def _after(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, Stated]]:
    for match in pattern.finditer(text):
        yield match.start(), Stated(_line(text[match.end() :]), is_explicit=True)


def _announced(text: str) -> Iterator[tuple[int, Stated]]:
    for word in answer_words().answer:
        if word in text:
            for match in _announcing(word).finditer(text):
                between = match.group("between")
                yield match.end("word"), Stated(_line(text[match.end() :]), _is_explicit(between))


@cache
def _announcing(word: str) -> re.Pattern[str]:
    between = rf"(?:\s|[:=>\"'«»“”]|[-–—](?=\s)|{_copula()})*"
    begin, end = ("", "") if _NO_SPACES.match(word) else (r"(?<!\w)", rf"(?![^\W\d_]|[{marks()}])")
    return re.compile(rf"{begin}(?P<word>{re.escape(word)}){end}(?P<between>{between})")


@cache
def _copula() -> str:
    free = [re.escape(word) for word in answer_words().copulas if _NO_SPACES.match(word)]
    bound = [re.escape(word) for word in answer_words().copulas if not _NO_SPACES.match(word)]
    return rf"{'|'.join(free)}|(?<!\w)(?:{'|'.join(bound)})(?![\w{marks()}])"


def _is_explicit(between: str) -> bool:
    return bool(between.strip(" \n\t\"'«»“”"))


def _line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
